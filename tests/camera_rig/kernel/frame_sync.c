#include "frame_sync.h"

#include <string.h>
#include <sys/eventfd.h>

#include <linux/videodev2.h>

#include "answer.h"
#include "real.h"

void frame_sync_open(struct frame_sync *events)
{
    memset(events, 0, sizeof *events);
    events->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
}

void frame_sync_close(struct frame_sync *events)
{
    real()->close(events->ready);
    events->ready = -1;
}

static uint32_t oldest(struct frame_sync *events)
{
    eventfd_t one;
    uint32_t sequence = events->sequences[0];
    events->count--;
    memmove(events->sequences, events->sequences + 1, events->count * sizeof *events->sequences);
    eventfd_read(events->ready, &one);
    return sequence;
}

void frame_sync_clear(struct frame_sync *events)
{
    while (events->count)
        oldest(events);
}

void frame_sync_tell(struct frame_sync *events, uint32_t sequence)
{
    if (!events->subscribed)
        return;
    if (events->count == FRAME_SYNCS)
        oldest(events);
    events->sequences[events->count++] = sequence;
    eventfd_write(events->ready, 1);
}

static int dequeue(struct frame_sync *events, struct v4l2_event *event)
{
    if (!events->count)
        return refuse(ENOENT);
    memset(event, 0, sizeof *event);
    event->type = V4L2_EVENT_FRAME_SYNC;
    event->u.frame_sync.frame_sequence = oldest(events);
    event->pending = events->count;
    return 0;
}

int frame_sync_ioctl(struct frame_sync *events, unsigned request, void *argument)
{
    switch (request) {
    case (unsigned)VIDIOC_SUBSCRIBE_EVENT:
        if (((struct v4l2_event_subscription *)argument)->type != V4L2_EVENT_FRAME_SYNC)
            return refuse(EINVAL);
        events->subscribed = true;
        return 0;
    case (unsigned)VIDIOC_UNSUBSCRIBE_EVENT:
        events->subscribed = false;
        frame_sync_clear(events);
        return 0;
    case (unsigned)VIDIOC_DQEVENT:
        return dequeue(events, argument);
    default:
        return refuse(ENOTTY);
    }
}
