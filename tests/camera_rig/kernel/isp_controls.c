#include "isp_controls.h"

#include <math.h>
#include <string.h>

#include "machine.h"

#define NUMBER(cid, text)             \
    { .id = cid,                      \
      .type = V4L2_CTRL_TYPE_INTEGER, \
      .name = text,                   \
      .least = 1,                     \
      .most = 0xffff,                 \
      .otherwise = 1000,              \
      .value = 1000 }
#define COMPOUND(cid, text, what) \
    { .id = cid, .type = V4L2_CTRL_TYPE_U8, .name = text, .most = 255, .bytes = sizeof(struct what) }

static const struct control knobs[] = {
    NUMBER(V4L2_CID_RED_BALANCE, "Red Balance"),
    NUMBER(V4L2_CID_BLUE_BALANCE, "Blue Balance"),
    NUMBER(V4L2_CID_DIGITAL_GAIN, "Digital Gain"),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_CC_MATRIX, "Colour Correction Matrix", bcm2835_isp_custom_ccm),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_LENS_SHADING, "Lens Shading", bcm2835_isp_lens_shading),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_BLACK_LEVEL, "Black Level", bcm2835_isp_black_level),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_GEQ, "Green Equalisation", bcm2835_isp_geq),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_GAMMA, "Gamma", bcm2835_isp_gamma),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_DENOISE, "Denoise", bcm2835_isp_denoise),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_SHARPEN, "Sharpen", bcm2835_isp_sharpen),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_DPC, "Defective Pixel Correction", bcm2835_isp_dpc),
    COMPOUND(V4L2_CID_USER_BCM2835_ISP_CDN, "Colour Denoise", bcm2835_isp_cdn),
};

#define COUNT (sizeof knobs / sizeof *knobs)

void isp_controls_make(struct camera *camera)
{
    static struct control tables[MOST_CAMERAS][COUNT];
    memcpy(tables[camera->index], knobs, sizeof knobs);
    camera->isp_controls = (struct controls){ .list = tables[camera->index], .count = COUNT };
}

struct recipe isp_recipe(const struct camera *camera)
{
    const struct controls *controls = &camera->isp_controls;
    struct recipe recipe = {
        .gain = control_value(controls, V4L2_CID_DIGITAL_GAIN) / 1000.,
        .red = control_value(controls, V4L2_CID_RED_BALANCE) / 1000.,
        .blue = control_value(controls, V4L2_CID_BLUE_BALANCE) / 1000.,
    };
    memcpy(&recipe.curve, control_find(controls, V4L2_CID_USER_BCM2835_ISP_GAMMA)->blob, sizeof recipe.curve);
    return recipe;
}

static uint16_t on_curve(const struct bcm2835_isp_gamma *curve, double level)
{
    double x = fmin(level, 1) * 65535;
    if (!curve->enabled)
        return (uint16_t)(pow(x / 65535, 1 / 2.2) * 65535);
    for (unsigned i = 1; i < BCM2835_NUM_GAMMA_PTS; i++) {
        if (x <= curve->x[i]) {
            double part = (x - curve->x[i - 1]) / (curve->x[i] - curve->x[i - 1]);
            return (uint16_t)(curve->y[i - 1] + part * (curve->y[i] - curve->y[i - 1]));
        }
    }
    return 65535;
}

struct rgb16 isp_develop(struct colour light, const void *how)
{
    const struct recipe *recipe = how;
    return (struct rgb16){
        on_curve(&recipe->curve, light.red * recipe->red * recipe->gain),
        on_curve(&recipe->curve, light.green * recipe->gain),
        on_curve(&recipe->curve, light.blue * recipe->blue * recipe->gain),
    };
}
