/* The buffers of one video device: given by the user, filled by the device, taken back by the user.
 *
 * Invariant: a buffer is with the user, waiting, with the device (taken), or done. All hold the machine's lock. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/videodev2.h>

#define QUEUE_BUFFERS 32

struct finished {
    unsigned index;
    uint32_t sequence, used, flags;
    uint64_t taken_ns;
};

struct queue {
    uint32_t type;
    size_t length; /* of a buffer, where the queue makes them */
    bool streaming;
    unsigned round; /* how often it has stopped: what was taken in an earlier round comes to nothing */
    unsigned count;
    struct {
        int memory; /* a descriptor of ours, or -1 */
        size_t length;
    } buffers[QUEUE_BUFFERS];
    unsigned waiting[QUEUE_BUFFERS], waiting_count;
    struct finished done[QUEUE_BUFFERS];
    unsigned done_count;
    int ready; /* an eventfd that counts what is done: what poll looks at */
};

void queue_open(struct queue *queue, uint32_t type);
/* Lets go of all. */
void queue_close(struct queue *queue);

int queue_ioctl(struct queue *queue, unsigned request, void *argument);
void queue_start(struct queue *queue);
void queue_stop(struct queue *queue);

/* The longest waiting buffer, now the device's. Only where one waits. */
unsigned queue_take(struct queue *queue);
void queue_give(struct queue *queue, const struct finished *finished);

#endif
