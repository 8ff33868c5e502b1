#include "paint.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define NOISE_TABLE 65536
#define NOISE_DEVIATION 37 /* of the table: sqrt(4 * (64 * 64 - 1) / 12) */

/* FNV-1a: a key, not a proof against an adversary. */
static uint64_t key_of(const void *data, size_t size)
{
    uint64_t key = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        key = (key ^ ((const uint8_t *)data)[i]) * 0x100000001b3;
    return key;
}

/* Everything but the noise is the same along a strip, but for the checks and a raw picture's parity: each different
 * line is written once and copied. At 8 megapixels this is most of the cost of a frame. */
static void paint_strip(uint8_t *data, const struct v4l2_pix_format *format, const struct layout *layout,
                        unsigned plane, const struct strip *strip)
{
    unsigned halved = layout->plane[plane].halved, variants = layout->has_parity + 1;
    size_t stride = layout->plane[plane].stride;
    uint8_t *rows = data + layout->plane[plane].offset, *lines = calloc(4, stride);
    if (!lines)
        return;
    for (unsigned moved = 0; moved < 2; moved++)
        for (unsigned odd = 0; odd < variants; odd++)
            line_write(lines + (moved * 2 + odd) * stride, format, plane, odd, strip, moved);
    for (unsigned row = strip->top >> halved; row < strip->bottom >> halved; row++) {
        unsigned moved = strip->checked ? ((row << halved) - strip->top) / strip->checked % 2 : 0;
        memcpy(rows + row * stride, lines + (moved * 2 + (layout->has_parity ? row % 2 : 0)) * stride, stride);
    }
    free(lines);
}

static int8_t noise_table[NOISE_TABLE];

static void make_noise(void)
{
    uint32_t state = 0x9e3779b9;
    for (unsigned i = 0; i < NOISE_TABLE; i++) {
        int sum = 0;
        /* The sum of four even ones is near enough to a normal one, of mean 0. */
        for (unsigned k = 0; k < 4; k++) {
            state ^= state << 13, state ^= state >> 17, state ^= state << 5;
            sum += (int)(state >> 16 & 0x3f);
        }
        noise_table[i] = (int8_t)(sum - 4 * 63 / 2);
    }
}

/* On the luma, or on all of red, green and blue; from another place of the table in each line of each frame. */
static void add_noise(uint8_t *rows, size_t stride, unsigned width, unsigned from, unsigned to, double noise)
{
    static pthread_once_t made = PTHREAD_ONCE_INIT;
    static _Thread_local uint32_t state = 1;
    int strength = (int)(noise * 256 / NOISE_DEVIATION);
    pthread_once(&made, make_noise);
    for (unsigned row = from; row < to; row++) {
        uint8_t *line = rows + row * stride;
        state = state * 1664525 + 1013904223;
        const int8_t *at = noise_table + state % (NOISE_TABLE - width);
        for (unsigned x = 0; x < width; x++) {
            int level = line[x] + at[x] * strength / 256;
            line[x] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
        }
    }
}

static unsigned noisy_bytes(const struct v4l2_pix_format *format, const struct layout *layout)
{
    if (layout->has_parity)
        return 0;
    return layout->planes > 1 ? format->width : format->bytesperline;
}

void paint(const struct mapping *memory, const struct v4l2_pix_format *format, const struct picture *picture,
           double noise)
{
    struct layout layout = layout_of(format);
    struct label *label = memory->label;
    uint64_t looks = key_of(format, sizeof *format) ^ picture->count;
    if (format->sizeimage > memory->length)
        return;
    for (unsigned i = 0; i < picture->count; i++) {
        const struct strip *strip = &picture->strips[i];
        uint64_t key = key_of(strip, sizeof *strip);
        if (noise == 0 && label->layout == looks && label->strips[i] == key)
            continue;
        for (unsigned plane = 0; plane < layout.planes; plane++)
            paint_strip(memory->data, format, &layout, plane, strip);
        if (noise > 0 && strip->pieces && noisy_bytes(format, &layout))
            add_noise(memory->data, layout.plane[0].stride, noisy_bytes(format, &layout), strip->top, strip->bottom,
                      noise);
        /* What has noise in it is never the same again. */
        label->strips[i] = noise > 0 ? 0 : key;
    }
    label->layout = looks;
}
