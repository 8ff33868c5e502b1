#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "isp_controls.h"
#include "sensor_controls.h"

static struct machine the_machine = { .lock = PTHREAD_MUTEX_INITIALIZER };
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* Names as a Raspberry Pi 4 has them. Each further camera's are moved on by `step`; minors must not meet, no more. */
static const struct {
    const char *path, *entity;
    unsigned first, step, minors_from;
} layout[NODE_KINDS] = {
    [UNICAM_MEDIA] = { "/dev/media", "unicam", 0, 2, 200 },
    [ISP_MEDIA] = { "/dev/media", "bcm2835-isp", 1, 2, 200 },
    [SENSOR] = { "/dev/v4l-subdev", NULL, 0, 1, 128 },
    [UNICAM] = { "/dev/video", "unicam-image", 0, 1, 0 },
    [ISP_INPUT] = { "/dev/video", "bcm2835-isp0-output0", 13, 7, 0 },
    [ISP_MAIN] = { "/dev/video", "bcm2835-isp0-capture1", 14, 7, 0 },
    [ISP_SMALL] = { "/dev/video", "bcm2835-isp0-capture2", 15, 7, 0 },
    [ISP_STATISTICS] = { "/dev/video", "bcm2835-isp0-capture3", 16, 7, 0 },
};

static void make_node(struct camera *camera, enum node_kind kind)
{
    struct node *node = node_of(camera, kind);
    unsigned number = layout[kind].first + camera->index * layout[kind].step;
    node->camera = camera;
    node->kind = kind;
    node->minor = layout[kind].minors_from + number;
    node->queue.ready = -1;
    snprintf(node->path, sizeof node->path, "%s%u", layout[kind].path, number);
    if (kind == SENSOR)
        snprintf(node->entity, sizeof node->entity, "%s %u-00%s", camera->sensor->name, 10 + camera->index,
                 camera->sensor->i2c_address);
    else
        snprintf(node->entity, sizeof node->entity, "%s", layout[kind].entity);
    node->format.width = 640;
    node->format.height = 480;
    format_fit(kind == UNICAM || kind == ISP_INPUT, &node->format);
}

static void make_camera(struct camera *camera, unsigned index, const struct sensor *sensor)
{
    memset(camera, 0, sizeof *camera);
    camera->index = index;
    camera->sensor = sensor;
    camera->code = sensor->modes[0].codes[0];
    camera->frame_sync.ready = -1;
    for (unsigned kind = 0; kind < NODE_KINDS; kind++)
        make_node(camera, kind);
    sensor_controls_make(camera);
    isp_controls_make(camera);
    pthread_cond_init(&camera->exposing.wake, NULL);
    pthread_cond_init(&camera->developing.wake, NULL);
}

static void make_machine(void)
{
    char names[64];
    const char *wish = getenv("CAMERA_RIG_SENSORS");
    snprintf(names, sizeof names, "%s", wish && *wish ? wish : "imx219");
    the_machine.camera_count = 0;
    for (char *rest, *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        const struct sensor *sensor = sensor_named(name);
        if (!sensor || the_machine.camera_count == MOST_CAMERAS) {
            dprintf(STDERR_FILENO, "camera rig: CAMERA_RIG_SENSORS is %s; it takes one or two of imx219, imx477\n",
                    wish);
            _exit(78);
        }
        make_camera(&the_machine.cameras[the_machine.camera_count], the_machine.camera_count, sensor);
        the_machine.camera_count++;
    }
}

static bool is_in_use(void)
{
    for (unsigned i = 0; i < the_machine.camera_count; i++)
        for (unsigned kind = 0; kind < NODE_KINDS; kind++)
            if (the_machine.cameras[i].nodes[kind].opened)
                return true;
    return false;
}

void machine_renew(void)
{
    if (!is_in_use())
        make_machine();
}

static void after_fork_in_child(void)
{
    /* The threads are the parent's, and so are the cameras: the child begins with a machine that nobody has opened. */
    pthread_mutex_init(&the_machine.lock, NULL);
    make_machine();
}

static void make_once(void)
{
    make_machine();
    pthread_atfork(machine_lock, machine_unlock, after_fork_in_child);
}

struct machine *machine(void)
{
    pthread_once(&made, make_once);
    return &the_machine;
}

void machine_lock(void)
{
    pthread_mutex_lock(&the_machine.lock);
}

void machine_unlock(void)
{
    pthread_mutex_unlock(&the_machine.lock);
}

struct node *node_at_path(const char *path)
{
    if (!path || strncmp(path, "/dev/", 5))
        return NULL;
    for (unsigned i = 0; i < machine()->camera_count; i++)
        for (unsigned kind = 0; kind < NODE_KINDS; kind++)
            if (!strcmp(the_machine.cameras[i].nodes[kind].path, path))
                return &the_machine.cameras[i].nodes[kind];
    return NULL;
}
