#include "statistics.h"

#include <math.h>
#include <string.h>

#define REGION_PIXELS 4000
#define PICTURE_PIXELS 400000
#define FULL 8191 /* of the ISP's 13 bits */
#define SHARP 5000000

struct view {
    const struct band *board;
    const struct frame *frame;
    double exposed;
};

static const struct band *band_at(const struct band *board, double at)
{
    unsigned i = 0;
    while (i + 1 < SCENE_BANDS && at >= board[i].bottom)
        i++;
    return &board[i];
}

/* The light at a place (0 to 1) of what the sensor sees. */
static struct colour light_at(const struct view *view, double across, double down)
{
    const struct frame *frame = view->frame;
    double x = frame->view.left + (frame->mirrored ? 1 - across : across) * frame->view.width;
    double y = frame->view.top + (frame->upside_down ? 1 - down : down) * frame->view.height;
    const struct band *band = band_at(view->board, y);
    const struct colour *patch = &band->reflectance[(unsigned)fmin(x * band->patches, band->patches - 1)];
    return (struct colour){
        fmin(patch->red * frame->scene.red * view->exposed, 1),
        fmin(patch->green * view->exposed, 1),
        fmin(patch->blue * frame->scene.blue * view->exposed, 1),
    };
}

static struct bcm2835_isp_stats_region region_of(struct colour light)
{
    return (struct bcm2835_isp_stats_region){
        .counted = REGION_PIXELS,
        .r_sum = (uint64_t)(light.red * FULL * REGION_PIXELS),
        .g_sum = (uint64_t)(light.green * FULL * REGION_PIXELS),
        .b_sum = (uint64_t)(light.blue * FULL * REGION_PIXELS),
    };
}

/* A patch's pixels lie in its own bin and, by noise, in its neighbours. */
static void count_light(uint32_t *bins, double level, double pixels)
{
    int bin = (int)(level * (NUM_HISTOGRAM_BINS - 1));
    int below = bin > 0 ? bin - 1 : 0, above = bin + 1 < NUM_HISTOGRAM_BINS ? bin + 1 : bin;
    bins[below] += (uint32_t)(pixels / 4);
    bins[bin] += (uint32_t)(pixels / 2);
    bins[above] += (uint32_t)(pixels / 4);
}

#define ACROSS 96
#define DOWN 48

/* Looks at the whole picture: fills the histogram, and returns the mean. */
static struct colour look_over(const struct view *view, struct bcm2835_isp_stats_hist *histogram)
{
    struct colour mean = { 0, 0, 0 };
    for (unsigned y = 0; y < DOWN; y++)
        for (unsigned x = 0; x < ACROSS; x++) {
            struct colour light = light_at(view, (x + 0.5) / ACROSS, (y + 0.5) / DOWN);
            double pixels = (double)PICTURE_PIXELS / (ACROSS * DOWN);
            mean.red += light.red / (ACROSS * DOWN);
            mean.green += light.green / (ACROSS * DOWN);
            mean.blue += light.blue / (ACROSS * DOWN);
            count_light(histogram->r_hist, light.red, pixels);
            count_light(histogram->g_hist, light.green, pixels);
            count_light(histogram->b_hist, light.blue, pixels);
        }
    return mean;
}

void statistics_fill(struct bcm2835_isp_stats *statistics, const struct frame *frame, const struct sensor *sensor)
{
    struct band board[SCENE_BANDS];
    struct view view = { board, frame, scene_exposed(&frame->scene, sensor, frame->exposure_us, frame->analogue_gain) };
    scene_board(frame->scene.number, board);
    memset(statistics, 0, sizeof *statistics);
    statistics->version = 1;
    statistics->size = sizeof *statistics;
    struct colour mean = look_over(&view, &statistics->hist[0]);
    for (unsigned i = 0; i < AGC_REGIONS; i++)
        statistics->agc_stats[i] = region_of(mean);
    for (unsigned y = 0; y < DEFAULT_AWB_REGIONS_Y; y++)
        for (unsigned x = 0; x < DEFAULT_AWB_REGIONS_X; x++)
            statistics->awb_stats[y * DEFAULT_AWB_REGIONS_X + x] =
                region_of(light_at(&view, (x + 0.5) / DEFAULT_AWB_REGIONS_X, (y + 0.5) / DEFAULT_AWB_REGIONS_Y));
    for (unsigned i = 0; i < FOCUS_REGIONS; i++) {
        statistics->focus_stats[i].contrast_val[1][1] = SHARP;
        statistics->focus_stats[i].contrast_val_num[1][1] = 1000;
    }
}
