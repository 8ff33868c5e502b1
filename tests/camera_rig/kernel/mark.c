#include "mark.h"

#define ROWS 3
#define COLUMNS 28
#define NUMBER_BITS 12

static unsigned row_height(unsigned picture_height)
{
    unsigned height = picture_height / 90;
    return height < 4 ? 4 : height;
}

unsigned mark_height(unsigned picture_height)
{
    return ROWS * row_height(picture_height);
}

/* CRC-8 with polynomial 0x07, begun with 0xff, over the time's six bytes: mark.py's. */
static uint64_t with_check(uint64_t time_ms)
{
    unsigned crc = 0xff;
    for (int shift = 40; shift >= 0; shift -= 8) {
        crc ^= time_ms >> shift & 0xff;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1) & 0xff;
    }
    return time_ms << 8 | crc;
}

static uint32_t with_inverse(uint32_t number)
{
    uint32_t all = (1u << NUMBER_BITS) - 1;
    return (number & all) << 16 | (~number & all) << 4 | 0x5;
}

static void add_row(struct picture *picture, uint32_t bits, unsigned top, unsigned height, unsigned width)
{
    struct strip *strip = &picture->strips[picture->count++];
    strip->top = top;
    strip->bottom = top + height;
    strip->checked = 0;
    strip->pieces = COLUMNS;
    for (unsigned i = 0; i <= COLUMNS; i++)
        strip->edges[i] = (i * width + COLUMNS - 1) / COLUMNS;
    for (unsigned i = 0; i < COLUMNS; i++) {
        uint16_t level = bits >> (COLUMNS - 1 - i) & 1 ? 0xffff : 0;
        strip->colours[i] = (struct rgb16){ level, level, level };
    }
}

void mark_add(struct picture *picture, const struct frame *frame, unsigned width, unsigned height)
{
    uint64_t word = with_check(frame->begun_wall_ms);
    unsigned tall = row_height(height), top = height - mark_height(height);
    add_row(picture, with_inverse(frame->scene.number), top, tall, width);
    add_row(picture, (uint32_t)(word >> COLUMNS), top + tall, tall, width);
    add_row(picture, (uint32_t)word, top + 2 * tall, tall, width);
}
