/* Pixels of a picture, in the formats that the devices offer. */
#ifndef PAINT_H
#define PAINT_H

#include <stdint.h>

#include <linux/videodev2.h>

#include "memory.h"
#include "picture.h"

/* Paints what differs from what the memory's label says is there already. Any format of format.h but statistics. */
void paint(const struct mapping *memory, const struct v4l2_pix_format *format, const struct picture *picture,
           double noise);

#endif
