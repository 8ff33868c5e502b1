/* The mark at the picture's foot: black and white blocks that a test reads.
 *
 * The two lowest rows are the mark of capture_worker/cameras/mark.py, and show the wall time in milliseconds at which
 * the exposure began. The row above has the scene's number (12 bits, then the same inverted, then 0101). The mark is
 * laid over the finished picture: neither exposure nor crop nor flip touches it. */
#ifndef MARK_H
#define MARK_H

#include "picture.h"

unsigned mark_height(unsigned picture_height);
void mark_add(struct picture *picture, const struct frame *frame, unsigned width, unsigned height);

#endif
