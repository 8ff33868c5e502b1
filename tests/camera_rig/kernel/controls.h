/* V4L2 controls: a table of them, and the ioctls that ask for and set them. */
#ifndef CONTROLS_H
#define CONTROLS_H

#include <stdint.h>

#define CONTROL_BLOB 160

struct control {
    uint32_t id, type;
    const char *name;
    int64_t least, most, otherwise;
    uint32_t flags;
    uint32_t bytes; /* of a compound control; 0: a number */
    int64_t value;
    uint8_t blob[CONTROL_BLOB];
};

struct controls {
    struct control *list;
    unsigned count;
    /* Called when a value was set; may change the bounds of others. */
    void (*changed)(struct controls *controls, uint32_t id);
};

/* NULL where there is none. */
struct control *control_find(const struct controls *controls, uint32_t id);
int64_t control_value(const struct controls *controls, uint32_t id);
/* New bounds; the value is moved into them. */
void control_bound(struct control *control, int64_t least, int64_t most);

/* 0, or -1 with errno: ENOTTY where the request is not about controls. */
int controls_ioctl(struct controls *controls, unsigned request, void *argument);

#endif
