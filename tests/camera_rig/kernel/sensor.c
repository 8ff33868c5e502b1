#include "sensor.h"

#include <stddef.h>
#include <string.h>

#include <linux/media-bus-format.h>

#define RGGB8 MEDIA_BUS_FMT_SRGGB8_1X8
#define RGGB10 MEDIA_BUS_FMT_SRGGB10_1X10
#define RGGB12 MEDIA_BUS_FMT_SRGGB12_1X12

/* Figures of the kernel's drivers (drivers/media/i2c) and of libcamera's tuning files and sensor delays. */
static const struct sensor sensors[] = {
    {
        .name = "imx219",
        .i2c_address = "10",
        .array = { 0, 0, 3296, 2480 },
        .active = { 8, 8, 3280, 2464 },
        .pixels_per_s = 182400000,
        .modes = {
            { 3280, 2464, { 8, 8, 3280, 2464 }, { RGGB10, RGGB8 }, 3448, 3526, 2496 },
            { 1920, 1080, { 688, 700, 1920, 1080 }, { RGGB10, RGGB8 }, 3448, 1763, 1112 },
            { 1640, 1232, { 8, 8, 3280, 2464 }, { RGGB10, RGGB8 }, 3448, 1763, 1264 },
            { 640, 480, { 1008, 760, 1280, 960 }, { RGGB10, RGGB8 }, 3448, 1763, 512 },
        },
        .most_line_pixels = 0x7ff0,
        .most_frame_lines = 0xffff,
        .least_exposure_lines = 4,
        .exposure_margin_lines = 4,
        .gain_base = 256,
        .most_gain_code = 232,
        .delays = { .exposure = 2, .gain = 1, .blanking = 2 },
        .reference = { .lux = 998, .exposure_us = 27685, .level = 12744 / 65536. },
        .red = 0.59,
        .blue = 0.69,
    },
    {
        .name = "imx477",
        .i2c_address = "1a",
        .array = { 0, 0, 4072, 3176 },
        .active = { 8, 16, 4056, 3040 },
        .pixels_per_s = 840000000,
        .modes = {
            { 4056, 3040, { 8, 16, 4056, 3040 }, { RGGB12 }, 24000, 3500, 3500 },
            { 2028, 1520, { 8, 16, 4056, 3040 }, { RGGB12 }, 12740, 2197, 1648 },
            { 2028, 1080, { 8, 456, 4056, 2160 }, { RGGB12 }, 12740, 2197, 1318 },
            { 1332, 990, { 704, 544, 2664, 1980 }, { RGGB10 }, 6664, 1050, 1050 },
        },
        .most_line_pixels = 0xfff0,
        .most_frame_lines = 0xffdc << 7, /* the sensor multiplies a long exposure by up to 2^7 */
        .least_exposure_lines = 4,
        .exposure_margin_lines = 22,
        .gain_base = 1024,
        .most_gain_code = 978,
        .delays = { .exposure = 2, .gain = 2, .blanking = 3 },
        .reference = { .lux = 830, .exposure_us = 27242, .level = 17755 / 65536. },
        .red = 0.34,
        .blue = 0.69,
    },
};

const struct sensor *sensor_named(const char *name)
{
    for (size_t i = 0; i < sizeof sensors / sizeof *sensors; i++)
        if (!strcmp(sensors[i].name, name))
            return &sensors[i];
    return NULL;
}
