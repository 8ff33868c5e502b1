#include "picture.h"

#include <math.h>
#include <string.h>

#include "mark.h"

/* Where a place of the scene (0 to 1) comes to lie in the picture, in pixels. */
static unsigned place(double at, double from, double span, bool turned, unsigned pixels)
{
    double in_view = ((turned ? 1 - at : at) - from) / span;
    return (unsigned)lround(fmin(fmax(in_view, 0), 1) * pixels);
}

/* The sensor's mode cuts a view out of the scene; flips turn it; then the ISP cuts its own view out of that. A place of
 * the scene is therefore taken relative to the mode's view first. */
struct axis {
    double mode_from, mode_span, isp_from, isp_span;
    bool turned;
    unsigned pixels;
};

static unsigned on(const struct axis *axis, double at)
{
    return place((at - axis->mode_from) / axis->mode_span, axis->isp_from, axis->isp_span, axis->turned, axis->pixels);
}

static void add_band(struct picture *picture, const struct band *band, const struct axis *across,
                     const struct axis *down, unsigned foot)
{
    struct strip *strip = &picture->strips[picture->count];
    unsigned top = on(down, down->turned ? band->bottom : band->top);
    unsigned bottom = on(down, down->turned ? band->top : band->bottom);
    /* Even rows only, so that no row of the halved colour planes belongs to two strips. */
    strip->top = top & ~1u;
    strip->bottom = bottom >= foot ? foot : bottom & ~1u;
    if (strip->top >= strip->bottom)
        return;
    strip->pieces = band->patches;
    strip->checked = 0;
    if (band->checked > 0)
        strip->checked = (unsigned)fmax(2, band->checked / (down->mode_span * down->isp_span) * down->pixels) & ~1u;
    for (unsigned i = 0; i <= band->patches; i++) {
        unsigned edge = across->turned ? band->patches - i : i;
        strip->edges[i] = on(across, (double)edge / band->patches);
    }
    picture->count++;
}

static void colour_band(struct strip *strip, const struct band *band, const struct scene *scene, double exposed,
                        bool turned, develop developed, const void *how)
{
    for (unsigned i = 0; i < band->patches; i++) {
        const struct colour *patch = &band->reflectance[turned ? band->patches - 1 - i : i];
        struct colour light = {
            fmin(patch->red * scene->red * exposed, 1),
            fmin(patch->green * exposed, 1),
            fmin(patch->blue * scene->blue * exposed, 1),
        };
        strip->colours[i] = developed(light, how);
    }
}

void picture_make(struct picture *picture, const struct frame *frame, const struct sensor *sensor,
                  struct rectangle view, unsigned width, unsigned height, develop developed, const void *how)
{
    struct band board[SCENE_BANDS];
    struct axis across = { frame->view.left, frame->view.width, view.left, view.width, frame->mirrored, width };
    struct axis down = { frame->view.top, frame->view.height, view.top, view.height, frame->upside_down, height };
    double exposed = scene_exposed(&frame->scene, sensor, frame->exposure_us, frame->analogue_gain);
    unsigned foot = frame->scene.has_mark ? height - mark_height(height) : height;

    scene_board(frame->scene.number, board);
    /* Strips are compared byte by byte, those that they do not use included. */
    memset(picture, 0, sizeof *picture);
    for (unsigned i = 0; i < SCENE_BANDS; i++) {
        unsigned k = frame->upside_down ? SCENE_BANDS - 1 - i : i, before = picture->count;
        add_band(picture, &board[k], &across, &down, foot);
        if (picture->count > before)
            colour_band(&picture->strips[before], &board[k], &frame->scene, exposed, frame->mirrored, developed, how);
    }
    if (frame->scene.has_mark)
        mark_add(picture, frame, width, height);
}
