/* One line of pixels in each of the formats: what a row of coloured pieces looks like in memory. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>
#include <stdint.h>

#include <linux/videodev2.h>

#include "picture.h"

#define LINE_PLANES 3

/* How a format lies in memory. A plane's rows may be half as many as the picture's, and differ from even to odd. */
struct layout {
    unsigned planes;
    struct {
        size_t offset, stride;
        unsigned halved;
    } plane[LINE_PLANES];
    unsigned has_parity; /* raw: red and green in even rows, green and blue in odd ones */
};

struct layout layout_of(const struct v4l2_pix_format *format);

/* Writes one line of a plane. `moved` is by how many pieces the colours are moved on. */
void line_write(uint8_t *line, const struct v4l2_pix_format *format, unsigned plane, unsigned odd,
                const struct strip *strip, unsigned moved);

#endif
