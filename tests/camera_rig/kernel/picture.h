/* A picture before it has pixels: strips of coloured pieces, from top to bottom. */
#ifndef PICTURE_H
#define PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "scene.h"

#define PICTURE_STRIPS 8

struct rgb16 {
    uint16_t red, green, blue;
};

/* Pixel rows [top, bottom). The pieces' edges are in pixels too; `checked` rows after each other show the pieces in
 * order, the next so many moved on by one piece; 0: all in order. */
struct strip {
    unsigned top, bottom, checked, pieces;
    unsigned edges[SCENE_PATCHES + 1];
    struct rgb16 colours[SCENE_PATCHES];
};

struct picture {
    unsigned count;
    struct strip strips[PICTURE_STRIPS];
};

_Static_assert(PICTURE_STRIPS <= LABEL_STRIPS, "each strip has its key in the label");

/* Makes a colour of the picture from the light on the sensor (1: saturated). `how` belongs to the caller. */
typedef struct rgb16 (*develop)(struct colour light, const void *how);

/* The picture of `width` x `height` that `view` (0 to 1, of what the sensor saw) of a frame gives, with the mark at its
 * foot where the scene has one. */
void picture_make(struct picture *picture, const struct frame *frame, const struct sensor *sensor,
                  struct rectangle view, unsigned width, unsigned height, develop developed, const void *how);

#endif
