/* The machine: its cameras, and the device nodes of each.
 *
 * A camera is a sensor behind unicam, which receives its frames, and an instance of the ISP, which develops them. Each
 * of unicam and ISP is a media device with video devices below it, as on a Raspberry Pi up to the fourth.
 *
 * Invariant: whatever is in here is read and written under the one lock, but by a thread that says otherwise. */
#ifndef MACHINE_H
#define MACHINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

#include "controls.h"
#include "frame_sync.h"
#include "memory.h"
#include "queue.h"
#include "sensor.h"

#define MOST_CAMERAS 2
#define DEVICE_MAJOR 81 /* video4linux's */

enum node_kind {
    UNICAM_MEDIA,
    ISP_MEDIA,
    SENSOR,
    UNICAM,
    ISP_INPUT,
    ISP_MAIN,
    ISP_SMALL,
    ISP_STATISTICS,
    NODE_KINDS,
};

struct camera;

struct node {
    struct camera *camera;
    enum node_kind kind;
    unsigned minor;
    char path[32]; /* below /dev */
    char entity[32];
    unsigned opened;
    struct queue queue;            /* of a video device */
    struct v4l2_pix_format format; /* of one with pictures */
    struct v4l2_rect crop;         /* of the ISP's input */
};

/* A thread of a camera, which works while its device streams. */
struct worker {
    pthread_t thread;
    bool running, stopping;
    pthread_cond_t wake;
};

#define LATCHES 4

/* What the sensor's registers held at a frame's start. */
struct latch {
    double line_us;
    uint32_t frame_lines, exposure_lines, gain_code;
};

struct camera {
    unsigned index;
    const struct sensor *sensor;
    unsigned mode;
    uint32_t code;
    struct controls sensor_controls, isp_controls;
    struct node nodes[NODE_KINDS];
    struct frame_sync frame_sync;
    struct latch latches[LATCHES]; /* newest first */
    struct worker exposing, developing;
    struct frame developed; /* the last that the ISP had: what a frozen camera goes on showing */
};

struct machine {
    pthread_mutex_t lock;
    unsigned camera_count;
    struct camera cameras[MOST_CAMERAS];
};

/* Made at the first call, after $CAMERA_RIG_SENSORS ("imx219", or "imx219,imx477" for two cameras). */
struct machine *machine(void);

/* Makes it anew where nothing of it is open: the environment may have changed since. With the lock. */
void machine_renew(void);

void machine_lock(void);
void machine_unlock(void);

struct node *node_at_path(const char *path);
static inline struct node *node_of(struct camera *camera, enum node_kind kind)
{
    return &camera->nodes[kind];
}

/* Entered and left with the descriptors that are open; the last one stops what still runs. */
void node_opened(struct node *node);
void node_closed(struct node *node);

int node_ioctl(struct node *node, unsigned request, void *argument);

/* Sleeps until `until_ns` (monotonic), or until somebody wakes the worker; gives up the lock meanwhile. */
void worker_sleep(struct worker *worker, uint64_t until_ns);
void worker_start(struct worker *worker, void *(*work)(void *camera), struct camera *camera);
/* Gives up the lock until the thread has ended. */
void worker_stop(struct worker *worker);

#endif
