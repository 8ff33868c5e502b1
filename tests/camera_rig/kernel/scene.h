/* What is in front of the lens: a board of grey and coloured patches, lit as the rig's directory says. */
#ifndef SCENE_H
#define SCENE_H

#include <stdint.h>

#include "sensor.h"

#define SCENE_BANDS 5
#define SCENE_PATCHES 96 /* at most, in a band */

struct scene {
    double lux;
    double red, blue; /* of the light as the sensor sees it, over green */
    double noise;     /* standard deviation, in levels of 255 */
    uint32_t number;  /* from the file `scene`: shown by the mark, and by the order of the patches */
    uint32_t has_mark;
};

struct colour {
    double red, green, blue;
};

/* One row of patches of equal width. Unless `checked` is 0, they change places after each such part of the height. */
struct band {
    double top, bottom; /* parts of the height, from 0 to 1 */
    unsigned patches;
    double checked;
    struct colour reflectance[SCENE_PATCHES];
};

struct scene scene_now(unsigned camera, const struct sensor *sensor);

/* The board as scene number `number` has it. */
void scene_board(uint32_t number, struct band board[SCENE_BANDS]);

/* The light that falls on the sensor, per reflectance of 1: levels of 1 after exposure and gain, not yet clipped. */
double scene_exposed(const struct scene *scene, const struct sensor *sensor, double exposure_us, double gain);

#endif
