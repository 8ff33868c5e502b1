#include "format.h"

#include <stddef.h>

#include <linux/media-bus-format.h>

#define LEAST_SIDE 64
#define MOST_SIDE 16384

static const struct {
    uint32_t format, code;
} raw_formats[] = {
    { V4L2_PIX_FMT_SRGGB10P, MEDIA_BUS_FMT_SRGGB10_1X10 }, { V4L2_PIX_FMT_SRGGB10, MEDIA_BUS_FMT_SRGGB10_1X10 },
    { V4L2_PIX_FMT_SRGGB12P, MEDIA_BUS_FMT_SRGGB12_1X12 }, { V4L2_PIX_FMT_SRGGB12, MEDIA_BUS_FMT_SRGGB12_1X12 },
    { V4L2_PIX_FMT_SRGGB8, MEDIA_BUS_FMT_SRGGB8_1X8 },
};

static const uint32_t finished_formats[] = {
    V4L2_PIX_FMT_YUV420, V4L2_PIX_FMT_NV12,   V4L2_PIX_FMT_RGB24,
    V4L2_PIX_FMT_BGR24,  V4L2_PIX_FMT_XBGR32, V4L2_PIX_FMT_RGBX32,
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

uint32_t format_listed(bool raw, unsigned index, uint32_t code)
{
    if (!raw)
        return index < COUNT(finished_formats) ? finished_formats[index] : 0;
    for (size_t i = 0; i < COUNT(raw_formats); i++)
        if ((!code || raw_formats[i].code == code) && index-- == 0)
            return raw_formats[i].format;
    return 0;
}

static bool is_listed(bool raw, uint32_t pixelformat)
{
    uint32_t listed;
    for (unsigned i = 0; (listed = format_listed(raw, i, 0)); i++)
        if (listed == pixelformat)
            return true;
    return false;
}

static uint32_t round_up(uint32_t value, uint32_t to)
{
    return (value + to - 1) / to * to;
}

/* Bytes from one row to the next, aligned as unicam and the ISP have them. */
static uint32_t stride_of(uint32_t pixelformat, uint32_t width)
{
    switch (pixelformat) {
    case V4L2_PIX_FMT_SRGGB10P:
        return round_up(width * 5 / 4, 32);
    case V4L2_PIX_FMT_SRGGB12P:
        return round_up(width * 3 / 2, 32);
    case V4L2_PIX_FMT_SRGGB10:
    case V4L2_PIX_FMT_SRGGB12:
        return round_up(width * 2, 32);
    case V4L2_PIX_FMT_YUV420:
        return round_up(width, 64);
    case V4L2_PIX_FMT_SRGGB8:
    case V4L2_PIX_FMT_NV12:
        return round_up(width, 32);
    case V4L2_PIX_FMT_RGB24:
    case V4L2_PIX_FMT_BGR24:
        return round_up(width * 3, 32);
    default:
        return round_up(width * 4, 32);
    }
}

static uint32_t side(uint32_t asked)
{
    return asked < LEAST_SIDE ? LEAST_SIDE : asked > MOST_SIDE ? MOST_SIDE : asked;
}

/* The ISP tells what stands behind "the default", and libcamera compares it with what it asked for. */
static void fit_colours(bool raw, struct v4l2_pix_format *format)
{
    if (raw) {
        format->colorspace = V4L2_COLORSPACE_RAW;
        format->ycbcr_enc = V4L2_YCBCR_ENC_601;
        format->xfer_func = V4L2_XFER_FUNC_NONE;
        format->quantization = V4L2_QUANTIZATION_FULL_RANGE;
        return;
    }
    if (format->colorspace == V4L2_COLORSPACE_DEFAULT)
        format->colorspace = V4L2_COLORSPACE_JPEG;
    if (format->ycbcr_enc == V4L2_YCBCR_ENC_DEFAULT)
        format->ycbcr_enc = V4L2_MAP_YCBCR_ENC_DEFAULT(format->colorspace);
    if (format->xfer_func == V4L2_XFER_FUNC_DEFAULT)
        format->xfer_func = V4L2_MAP_XFER_FUNC_DEFAULT(format->colorspace);
    if (format->quantization == V4L2_QUANTIZATION_DEFAULT)
        format->quantization = V4L2_MAP_QUANTIZATION_DEFAULT(0, format->colorspace, format->ycbcr_enc);
}

void format_fit(bool raw, struct v4l2_pix_format *format)
{
    if (!is_listed(raw, format->pixelformat))
        format->pixelformat = format_listed(raw, 0, 0);
    format->width = side(format->width);
    format->height = side(format->height);
    format->bytesperline = stride_of(format->pixelformat, format->width);
    format->sizeimage = format->bytesperline * format->height;
    if (format->pixelformat == V4L2_PIX_FMT_YUV420 || format->pixelformat == V4L2_PIX_FMT_NV12)
        format->sizeimage += format->sizeimage / 2;
    format->field = V4L2_FIELD_NONE;
    fit_colours(raw, format);
}
