#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "answer.h"
#include "faults.h"
#include "machine.h"
#include "real.h"

#define TREE ".machine"
#define MEDIA_LIST "/sys/bus/media/devices"

static bool starts_with(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

/* The machine may have other video devices, a USB camera: theirs is the real sysfs. */
static bool is_our_device(const char *path)
{
    char start[32];
    snprintf(start, sizeof start, "/sys/dev/char/%d:", DEVICE_MAJOR);
    if (!starts_with(path, start))
        return false;
    unsigned long minor = strtoul(path + strlen(start), NULL, 10);
    for (unsigned i = 0; i < machine()->camera_count; i++)
        for (unsigned kind = 0; kind < NODE_KINDS; kind++)
            if (machine()->cameras[i].nodes[kind].minor == minor)
                return true;
    return false;
}

static bool is_ours(const char *path)
{
    return path && (starts_with(path, MEDIA_LIST) || is_our_device(path));
}

static const char *in_tree(char *room, size_t size, const char *path)
{
    char below[384];
    snprintf(below, sizeof below, TREE "%s", path);
    return rig_path(room, size, below);
}

static void make_directories(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static void make_file(const char *path, const char *content)
{
    char room[512];
    in_tree(room, sizeof room, path);
    make_directories(room);
    int file = real()->openat(AT_FDCWD, room, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0)
        return;
    if (write(file, content, strlen(content)) < 0)
        dprintf(STDERR_FILENO, "camera rig: %s can't be written\n", room);
    real()->close(file);
}

static void make_node_files(const struct node *node)
{
    char path[128], content[128];
    make_file(node->path, "");
    snprintf(path, sizeof path, "/sys/dev/char/%d:%u/uevent", DEVICE_MAJOR, node->minor);
    snprintf(content, sizeof content, "MAJOR=%d\nMINOR=%u\nDEVNAME=%s\n", DEVICE_MAJOR, node->minor, node->path + 5);
    make_file(path, content);
    if (node->kind == SENSOR) {
        snprintf(path, sizeof path, "/sys/dev/char/%d:%u/device/of_node", DEVICE_MAJOR, node->minor);
        make_file(path, "");
    }
}

/* Without its sensor a camera has no unicam either, while the ISP is there all the same. */
bool files_are_gone(const struct node *node)
{
    bool goes_with_sensor = node->kind == UNICAM_MEDIA || node->kind == SENSOR || node->kind == UNICAM;
    return goes_with_sensor && fault(node->camera->index, "absent");
}

/* Made anew each time that somebody looks, as faults come and go. */
static void list_media(void)
{
    char path[128], room[512];
    for (unsigned i = 0; i < machine()->camera_count; i++)
        for (unsigned kind = UNICAM_MEDIA; kind <= ISP_MEDIA; kind++) {
            const struct node *node = node_of(&machine()->cameras[i], kind);
            snprintf(path, sizeof path, MEDIA_LIST "/%s", node->path + 5);
            if (files_are_gone(node))
                unlink(in_tree(room, sizeof room, path));
            else
                make_file(path, "");
        }
}

/* Once for each directory: a test changes to a fresh one. Several processes may be at it at once, to the same end. */
static void make_tree(void)
{
    static char made_in[512];
    machine();
    machine_lock();
    if (strcmp(made_in, rig_directory())) {
        snprintf(made_in, sizeof made_in, "%s", rig_directory());
        machine_renew();
        mkdir(made_in, 0777);
        for (unsigned i = 0; i < machine()->camera_count; i++)
            for (unsigned kind = 0; kind < NODE_KINDS; kind++)
                make_node_files(node_of(&machine()->cameras[i], kind));
    }
    machine_unlock();
}

const char *files_behind(const char *path, char *room, size_t size)
{
    if (!is_ours(path))
        return path;
    make_tree();
    if (!strcmp(path, MEDIA_LIST))
        list_media();
    return in_tree(room, size, path);
}

bool files_status(const char *path, struct stat *status, int *result)
{
    const struct node *node = node_at_path(path);
    if (!node)
        return false;
    *result = files_are_gone(node) ? refuse(ENOENT) : 0;
    memset(status, 0, sizeof *status);
    status->st_mode = S_IFCHR | 0660;
    status->st_rdev = makedev(DEVICE_MAJOR, node->minor);
    status->st_nlink = 1;
    return true;
}

int files_open(const struct node *node, int flags)
{
    char room[512];
    make_tree();
    return real()->openat(AT_FDCWD, in_tree(room, sizeof room, node->path), O_RDWR | (flags & O_CLOEXEC));
}

/* The sensor's place in the device tree is the camera's id for libcamera. */
static const struct camera *camera_of_device(const char *path)
{
    for (unsigned i = 0; i < machine()->camera_count; i++) {
        char start[64];
        const struct camera *camera = &machine()->cameras[i];
        snprintf(start, sizeof start, "/sys/dev/char/%d:%u/", DEVICE_MAJOR, camera->nodes[SENSOR].minor);
        if (starts_with(path, start))
            return camera;
    }
    return NULL;
}

const char *files_resolved(const char *path, char *room, size_t size)
{
    if (!is_ours(path))
        return NULL;
    const struct camera *camera = camera_of_device(path);
    if (camera && strstr(path, "/of_node"))
        snprintf(room, size, "/sys/firmware/devicetree/base/soc/i2c0mux/i2c@%u/%s@%s", 1 - camera->index,
                 camera->sensor->name, camera->sensor->i2c_address);
    else
        snprintf(room, size, "%s", path);
    return room;
}
