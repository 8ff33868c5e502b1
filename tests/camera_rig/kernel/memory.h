/* Memory that devices share: what is a dma-buf on a real machine is a memory file here.
 *
 * Behind what the user maps lies one page more, the label. A device leaves there what it put into the buffer, and the
 * next device reads it: so the ISP develops the very frame that it is handed, and a buffer that already holds nearly
 * the right picture need not be painted as a whole. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scene.h"

#define LABEL_STRIPS 16

/* A frame as the sensor exposed it. */
struct frame {
    uint32_t sequence;
    uint64_t begun_wall_ms; /* when its exposure began */
    double exposure_us, analogue_gain;
    struct scene scene;
    struct rectangle view; /* what part of the scene the sensor's mode sees: 0 to 1 */
    bool mirrored, upside_down;
};

struct label {
    uint32_t from_heap; /* an application asked for it, not a driver */
    struct frame frame;
    /* What the painter left: a key of the layout, and one of each strip's content. */
    uint64_t layout;
    uint64_t strips[LABEL_STRIPS];
};

struct mapping {
    uint8_t *data;
    size_t length; /* without the label */
    struct label *label;
};

/* A descriptor, or -1 with errno. */
int memory_make(const char *name, size_t length, bool from_heap);

/* False where the descriptor is not one that memory_make made. */
bool memory_map(int descriptor, struct mapping *mapping);
void memory_unmap(struct mapping *mapping);

#endif
