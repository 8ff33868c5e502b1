/* Which pixel formats the devices have, and what size of memory each takes. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/videodev2.h>

/* The `index`th raw or finished format, 0 where there are no more. Raw: of this media bus code alone, but for 0. */
uint32_t format_listed(bool raw, unsigned index, uint32_t code);

/* Makes the nearest of what was asked for that there is. */
void format_fit(bool raw, struct v4l2_pix_format *format);

#endif
