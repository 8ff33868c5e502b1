/* The image sensors that can be in the machine: what they are, not what they do at the moment. */
#ifndef SENSOR_H
#define SENSOR_H

#include <stdint.h>

#define SENSOR_MODES 4
#define SENSOR_CODES 2

struct rectangle {
    double left, top, width, height;
};

struct sensor_mode {
    uint32_t width, height;
    struct rectangle crop;        /* of the pixel array */
    uint32_t codes[SENSOR_CODES]; /* media bus codes that this mode is there in; 0: none */
    uint32_t line_pixels;         /* shortest line, blanking included */
    uint32_t frame_lines;         /* a frame, blanking included, where nothing else is asked for */
    uint32_t least_frame_lines;
};

/* In frames, from the writing of a register to the first frame that it shows in. */
struct sensor_delays {
    unsigned exposure, gain, blanking;
};

/* What the tuning file of libcamera says was measured: this light, exposed so, gave this level of 1. */
struct sensor_reference {
    double lux, exposure_us, level;
};

struct sensor {
    const char *name;
    const char *i2c_address;
    struct rectangle array, active;
    uint64_t pixels_per_s;
    struct sensor_mode modes[SENSOR_MODES];
    uint32_t most_line_pixels, most_frame_lines;
    uint32_t least_exposure_lines, exposure_margin_lines;
    uint32_t gain_base, most_gain_code; /* gain is base / (base - code) */
    struct sensor_delays delays;
    struct sensor_reference reference;
    double red, blue; /* over green, in daylight, as the tuning file's colour temperature curve has it */
};

/* NULL where there is none of that name. */
const struct sensor *sensor_named(const char *name);

#endif
