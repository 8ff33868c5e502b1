/* unicam's event of each frame's start: libcamera sets the sensor's registers by it. */
#ifndef FRAME_SYNC_H
#define FRAME_SYNC_H

#include <stdbool.h>
#include <stdint.h>

/* Kept at most; then the oldest is dropped, as by the kernel, which keeps fewer but is never short of a core. */
#define FRAME_SYNCS 16

struct frame_sync {
    bool subscribed;
    uint32_t sequences[FRAME_SYNCS];
    unsigned count;
    int ready; /* an eventfd, for poll */
};

void frame_sync_open(struct frame_sync *events);
void frame_sync_close(struct frame_sync *events);
void frame_sync_clear(struct frame_sync *events);
void frame_sync_tell(struct frame_sync *events, uint32_t sequence);
int frame_sync_ioctl(struct frame_sync *events, unsigned request, void *argument);

#endif
