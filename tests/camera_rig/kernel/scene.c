#include "scene.h"

#include "faults.h"

/* Five bands, so that each crop of the middle has greys (for exposure), colours (for white balance) and fine detail
 * (for sharpness). The greys reach from 2 % to white, as a day's view does: a mean of about 18 %. */
enum { COLOURS, GREYS, CHECKS, MIDDLES, GROUND };

static const double band_ends[SCENE_BANDS] = { 0.18, 0.46, 0.64, 0.84, 1.0 };

static const double greys[8] = { 0.02, 0.05, 0.10, 0.18, 0.30, 0.45, 0.70, 1.00 };

static const struct colour colours[8] = {
    { 0.45, 0.05, 0.04 }, { 0.06, 0.30, 0.06 }, { 0.04, 0.06, 0.35 }, { 0.60, 0.50, 0.05 },
    { 0.05, 0.35, 0.40 }, { 0.40, 0.08, 0.30 }, { 0.50, 0.22, 0.05 }, { 0.35, 0.24, 0.18 },
};

static struct colour grey(double reflectance)
{
    return (struct colour){ reflectance, reflectance, reflectance };
}

void scene_board(uint32_t number, struct band board[SCENE_BANDS])
{
    for (unsigned i = 0; i < SCENE_BANDS; i++) {
        board[i].top = i ? band_ends[i - 1] : 0;
        board[i].bottom = band_ends[i];
        board[i].checked = 0;
        board[i].patches = 8;
    }
    board[CHECKS].patches = SCENE_PATCHES;
    board[CHECKS].checked = 0.02;
    board[GROUND].patches = 24;
    for (unsigned i = 0; i < 8; i++) {
        board[COLOURS].reflectance[i] = colours[(i + number) % 8];
        board[GREYS].reflectance[i] = grey(greys[(i + number) % 8]);
        board[MIDDLES].reflectance[i] = grey(0.10 + 0.01 * ((i + number) % 8));
    }
    for (unsigned i = 0; i < board[CHECKS].patches; i++)
        board[CHECKS].reflectance[i] = grey(i % 2 ? 0.30 : 0.06);
    for (unsigned i = 0; i < board[GROUND].patches; i++)
        board[GROUND].reflectance[i] = grey((i + number) % 3 ? 0.04 : 0.08);
}

static double mean_reflectance(void)
{
    struct band board[SCENE_BANDS];
    double sum = 0;
    scene_board(0, board);
    for (unsigned i = 0; i < SCENE_BANDS; i++)
        for (unsigned k = 0; k < board[i].patches; k++)
            sum += board[i].reflectance[k].green * (board[i].bottom - board[i].top) / board[i].patches;
    return sum;
}

struct scene scene_now(unsigned camera, const struct sensor *sensor)
{
    return (struct scene){
        .lux = knob(camera, "lux", 400),
        .red = knob(camera, "red", sensor->red),
        .blue = knob(camera, "blue", sensor->blue),
        .noise = knob(camera, "noise", 0),
        .number = (uint32_t)knob(camera, "scene", 0),
        .has_mark = knob(camera, "mark", 1) != 0,
    };
}

double scene_exposed(const struct scene *scene, const struct sensor *sensor, double exposure_us, double gain)
{
    /* So that libcamera, which knows the reference alone, tells in its metadata the lux that the knob has. */
    const struct sensor_reference *reference = &sensor->reference;
    double level = scene->lux / reference->lux * exposure_us / reference->exposure_us * gain * reference->level;
    return level / mean_reflectance();
}
