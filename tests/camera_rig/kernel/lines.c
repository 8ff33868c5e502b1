#include "lines.h"

#include <stdbool.h>
#include <string.h>

/* Black of a raw picture, of 65536: 64 of 1024, as libcamera's tuning files have it for these sensors. */
#define RAW_BLACK 4096

struct layout layout_of(const struct v4l2_pix_format *format)
{
    size_t stride = format->bytesperline, luma = stride * format->height;
    struct layout layout = { .planes = 1, .plane = { { 0, stride, 0 } } };
    switch (format->pixelformat) {
    case V4L2_PIX_FMT_YUV420:
        layout.planes = 3;
        layout.plane[1].offset = luma;
        layout.plane[2].offset = luma + luma / 4;
        layout.plane[1].stride = layout.plane[2].stride = stride / 2;
        layout.plane[1].halved = layout.plane[2].halved = 1;
        break;
    case V4L2_PIX_FMT_NV12:
        layout.planes = 2;
        layout.plane[1].offset = luma;
        layout.plane[1].stride = stride;
        layout.plane[1].halved = 1;
        break;
    case V4L2_PIX_FMT_SRGGB8:
    case V4L2_PIX_FMT_SRGGB10:
    case V4L2_PIX_FMT_SRGGB10P:
    case V4L2_PIX_FMT_SRGGB12:
    case V4L2_PIX_FMT_SRGGB12P:
        layout.has_parity = 1;
        break;
    }
    return layout;
}

struct yuv {
    uint8_t y, u, v;
};

static uint8_t byte_of(double value)
{
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5);
}

/* As the format's colour space says: BT.709 or BT.601, full or limited range. */
static struct yuv yuv_of(struct rgb16 colour, const struct v4l2_pix_format *format)
{
    bool is_709 = format->ycbcr_enc == V4L2_YCBCR_ENC_709;
    bool limited = format->quantization == V4L2_QUANTIZATION_LIM_RANGE;
    double red_part = is_709 ? 0.2126 : 0.299, blue_part = is_709 ? 0.0722 : 0.114;
    double red = colour.red / 65535., green = colour.green / 65535., blue = colour.blue / 65535.;
    double luma = red_part * red + (1 - red_part - blue_part) * green + blue_part * blue;
    double luma_span = limited ? 219 : 255, chroma_span = limited ? 224 : 255;
    return (struct yuv){
        byte_of((limited ? 16 : 0) + luma_span * luma),
        byte_of(128 + chroma_span * (blue - luma) / (2 * (1 - blue_part))),
        byte_of(128 + chroma_span * (red - luma) / (2 * (1 - red_part))),
    };
}

static void fill_yuv(uint8_t *line, const struct v4l2_pix_format *format, unsigned plane, unsigned from, unsigned to,
                     struct rgb16 colour)
{
    struct yuv yuv = yuv_of(colour, format);
    if (plane == 0) {
        memset(line + from, yuv.y, to - from);
    } else if (format->pixelformat == V4L2_PIX_FMT_YUV420) {
        memset(line + from / 2, plane == 1 ? yuv.u : yuv.v, (to + 1) / 2 - from / 2);
    } else {
        for (unsigned x = from / 2; x < (to + 1) / 2; x++) {
            line[2 * x] = yuv.u;
            line[2 * x + 1] = yuv.v;
        }
    }
}

/* V4L2 names these formats by the order of the bytes in memory. */
static void fill_rgb(uint8_t *line, uint32_t pixelformat, unsigned from, unsigned to, struct rgb16 colour)
{
    uint8_t red = colour.red >> 8, green = colour.green >> 8, blue = colour.blue >> 8;
    bool red_first = pixelformat == V4L2_PIX_FMT_RGB24 || pixelformat == V4L2_PIX_FMT_RGBX32;
    unsigned size = pixelformat == V4L2_PIX_FMT_RGB24 || pixelformat == V4L2_PIX_FMT_BGR24 ? 3 : 4;
    uint8_t pixel[4] = { red_first ? red : blue, green, red_first ? blue : red, 255 };
    for (unsigned x = from; x < to; x++)
        memcpy(line + (size_t)x * size, pixel, size);
}

static unsigned raw_level(uint16_t level, unsigned bits)
{
    return (RAW_BLACK + (uint32_t)level * (65535 - RAW_BLACK) / 65535) >> (16 - bits);
}

/* Packed: the high bytes of four (10 bits) or two (12 bits) pixels, then a byte with their low bits. */
static void put_raw(uint8_t *line, uint32_t pixelformat, unsigned x, uint16_t level)
{
    unsigned value;
    switch (pixelformat) {
    case V4L2_PIX_FMT_SRGGB8:
        line[x] = (uint8_t)raw_level(level, 8);
        break;
    case V4L2_PIX_FMT_SRGGB10:
    case V4L2_PIX_FMT_SRGGB12:
        value = raw_level(level, pixelformat == V4L2_PIX_FMT_SRGGB10 ? 10 : 12);
        line[2 * x] = (uint8_t)value;
        line[2 * x + 1] = (uint8_t)(value >> 8);
        break;
    case V4L2_PIX_FMT_SRGGB10P:
        value = raw_level(level, 10);
        line[x / 4 * 5 + x % 4] = (uint8_t)(value >> 2);
        line[x / 4 * 5 + 4] = (uint8_t)((line[x / 4 * 5 + 4] & ~(3u << x % 4 * 2)) | (value & 3) << x % 4 * 2);
        break;
    case V4L2_PIX_FMT_SRGGB12P:
        value = raw_level(level, 12);
        line[x / 2 * 3 + x % 2] = (uint8_t)(value >> 4);
        line[x / 2 * 3 + 2] = (uint8_t)((line[x / 2 * 3 + 2] & ~(15u << x % 2 * 4)) | (value & 15) << x % 2 * 4);
        break;
    }
}

static void fill_raw(uint8_t *line, uint32_t pixelformat, unsigned odd, unsigned from, unsigned to, struct rgb16 colour)
{
    for (unsigned x = from; x < to; x++) {
        uint16_t even_row = x % 2 ? colour.green : colour.red, odd_row = x % 2 ? colour.blue : colour.green;
        put_raw(line, pixelformat, x, odd ? odd_row : even_row);
    }
}

void line_write(uint8_t *line, const struct v4l2_pix_format *format, unsigned plane, unsigned odd,
                const struct strip *strip, unsigned moved)
{
    for (unsigned i = 0; i < strip->pieces; i++) {
        unsigned from = strip->edges[i], to = strip->edges[i + 1];
        struct rgb16 colour = strip->colours[(i + moved) % strip->pieces];
        if (from >= to)
            continue;
        if (layout_of(format).has_parity)
            fill_raw(line, format->pixelformat, odd, from, to, colour);
        else if (layout_of(format).planes > 1)
            fill_yuv(line, format, plane, from, to, colour);
        else
            fill_rgb(line, format->pixelformat, from, to, colour);
    }
}
