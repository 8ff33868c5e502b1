#include "exposing.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "faults.h"
#include "machine.h"
#include "paint.h"
#include "sensor_controls.h"

/* How far behind its time the thread may be and still look at the scene: a process that was stopped finds its buffers
 * full of old frames when it goes on, as with a real kernel, and they must not show what is there only now. */
#define OLD_NS (100 * NS_PER_MS)

/* One frame's way: its exposure begins, ends with the start of the frame (of its reading out), and it has arrived at
 * its end. While one is read out the next is exposed, as by a rolling shutter. */
struct timing {
    uint64_t begin_ns, start_ns, end_ns;
};

struct passage {
    struct frame frame;
    struct timing timing;
};

static void latch_registers(struct camera *camera)
{
    memmove(camera->latches + 1, camera->latches, (LATCHES - 1) * sizeof *camera->latches);
    camera->latches[0] = sensor_registers(camera);
}

/* From the start of the frame before. A register that is written after the start of frame n shows in frame n + delay,
 * so that what was latched at the start of the frame before has one start less to wait. */
static struct timing next_timing(const struct camera *camera, uint64_t before_ns)
{
    const struct latch *exposed = &camera->latches[camera->sensor->delays.exposure - 2];
    const struct latch *blanked = &camera->latches[camera->sensor->delays.blanking - 2];
    uint32_t fitting = exposed->exposure_lines + camera->sensor->exposure_margin_lines;
    double lines = fmax(blanked->frame_lines, fitting);
    uint64_t start_ns = before_ns + (uint64_t)(lines * blanked->line_us * 1000);
    uint64_t read_out_ns = (uint64_t)(camera->sensor->modes[camera->mode].height * blanked->line_us * 1000);
    return (struct timing){
        .begin_ns = start_ns - (uint64_t)(exposed->exposure_lines * exposed->line_us * 1000),
        .start_ns = start_ns,
        .end_ns = start_ns + read_out_ns,
    };
}

static struct rectangle view_of(const struct camera *camera)
{
    const struct rectangle *crop = &camera->sensor->modes[camera->mode].crop, *active = &camera->sensor->active;
    return (struct rectangle){
        (crop->left - active->left) / active->width,
        (crop->top - active->top) / active->height,
        crop->width / active->width,
        crop->height / active->height,
    };
}

/* The two clocks are read at one moment, near enough: again where the thread was put aside between them. */
static uint64_t wall_ms_at(uint64_t then_ns)
{
    uint64_t before_ns, wall_ns, now_ns;
    int tries = 0;
    do {
        before_ns = mono_ns();
        wall_ns = clock_ns(CLOCK_REALTIME);
        now_ns = mono_ns();
    } while (now_ns - before_ns > NS_PER_MS / 10 && ++tries < 10);
    return (wall_ns - (now_ns - then_ns)) / NS_PER_MS;
}

static void begin_exposure(struct camera *camera, struct passage *passage)
{
    struct frame *frame = &passage->frame;
    const struct latch *exposed = &camera->latches[camera->sensor->delays.exposure - 2];
    if (mono_ns() < passage->timing.begin_ns + OLD_NS)
        frame->scene = scene_now(camera->index, camera->sensor);
    frame->begun_wall_ms = wall_ms_at(passage->timing.begin_ns);
    frame->exposure_us = exposed->exposure_lines * exposed->line_us;
    frame->view = view_of(camera);
    frame->mirrored = control_value(&camera->sensor_controls, V4L2_CID_HFLIP);
    frame->upside_down = control_value(&camera->sensor_controls, V4L2_CID_VFLIP);
}

static bool is_silent(const struct camera *camera)
{
    return fault(camera->index, "hang") || fault(camera->index, "absent");
}

/* Gain is applied when the frame is read out: the latch of its own start counts. */
static void start_frame(struct camera *camera, struct passage *passage)
{
    const struct sensor *sensor = camera->sensor;
    uint32_t code = camera->latches[sensor->delays.gain - 1].gain_code;
    passage->frame.analogue_gain = (double)sensor->gain_base / (sensor->gain_base - code);
    frame_sync_tell(&camera->frame_sync, passage->frame.sequence);
}

static struct rgb16 as_it_is(struct colour light, const void *unused)
{
    (void)unused;
    return (struct rgb16){ (uint16_t)(light.red * 65535), (uint16_t)(light.green * 65535),
                           (uint16_t)(light.blue * 65535) };
}

/* Raw pixels cost as much as the finished ones, and few tests want them: a buffer gets them only where it came from the
 * heap, as those of an application's raw stream do, and not where libcamera had the driver make it for its own use. */
static void fill(const struct camera *camera, const struct node *unicam, unsigned index, const struct frame *frame)
{
    static struct picture pictures[MOST_CAMERAS];
    struct mapping memory;
    if (!memory_map(unicam->queue.buffers[index].memory, &memory))
        return;
    memory.label->frame = *frame;
    if (memory.label->from_heap) {
        struct picture *picture = &pictures[camera->index];
        picture_make(picture, frame, camera->sensor, (struct rectangle){ 0, 0, 1, 1 }, unicam->format.width,
                     unicam->format.height, as_it_is, NULL);
        paint(&memory, &unicam->format, picture, 0);
    }
    memory_unmap(&memory);
}

static void end_frame(struct camera *camera, const struct passage *passage)
{
    struct node *unicam = node_of(camera, UNICAM);
    if (is_silent(camera) || !unicam->queue.waiting_count)
        return;
    bool is_damaged = fault(camera->index, "error");
    unsigned index = queue_take(&unicam->queue);
    /* Of a damaged frame nothing arrived: what the buffer held before is still there. */
    if (!is_damaged)
        fill(camera, unicam, index, &passage->frame);
    struct finished finished = {
        .index = index,
        .sequence = passage->frame.sequence,
        .used = unicam->format.sizeimage,
        .flags = is_damaged ? V4L2_BUF_FLAG_ERROR : 0,
        .taken_ns = passage->timing.start_ns,
    };
    queue_give(&unicam->queue, &finished);
}

/* False when the camera is to stop. */
static bool wait_until(struct camera *camera, uint64_t then_ns)
{
    while (!camera->exposing.stopping && mono_ns() < then_ns)
        worker_sleep(&camera->exposing, then_ns);
    return !camera->exposing.stopping;
}

/* What lies between two frames' starts: the next one's exposure begins, and the one before arrives, in either order. */
static bool between_starts(struct camera *camera, struct passage *next, const struct passage *before)
{
    bool has_arrived = !before->timing.end_ns;
    uint64_t arrival_ns = before->timing.end_ns;
    if (!has_arrived && arrival_ns < next->timing.begin_ns) {
        if (!wait_until(camera, arrival_ns))
            return false;
        end_frame(camera, before);
        has_arrived = true;
    }
    if (!wait_until(camera, next->timing.begin_ns))
        return false;
    begin_exposure(camera, next);
    if (!has_arrived) {
        if (!wait_until(camera, arrival_ns))
            return false;
        end_frame(camera, before);
    }
    return true;
}

static void *work(void *argument)
{
    struct camera *camera = argument;
    struct passage before = { .timing.start_ns = mono_ns() }, next = { .frame.sequence = 0 };
    machine_lock();
    for (int i = 0; i < LATCHES; i++)
        latch_registers(camera);
    before.frame.scene = scene_now(camera->index, camera->sensor);
    for (;;) {
        next.frame.scene = before.frame.scene;
        next.timing = next_timing(camera, before.timing.start_ns);
        if (!between_starts(camera, &next, &before) || !wait_until(camera, next.timing.start_ns))
            break;
        latch_registers(camera);
        before = next;
        if (is_silent(camera)) {
            /* Nothing starts, and so nothing is counted, nor arrives. */
            before.timing.end_ns = 0;
            continue;
        }
        start_frame(camera, &before);
        next.frame.sequence++;
    }
    machine_unlock();
    return NULL;
}

void exposing_start(struct camera *camera)
{
    worker_start(&camera->exposing, work, camera);
}

void exposing_stop(struct camera *camera)
{
    worker_stop(&camera->exposing);
    frame_sync_clear(&camera->frame_sync);
}
