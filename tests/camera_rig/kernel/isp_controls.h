/* What the ISP is told to do with a frame: gains, and a curve from linear light to the picture's levels. */
#ifndef ISP_CONTROLS_H
#define ISP_CONTROLS_H

#include <linux/bcm2835-isp.h>

#include "picture.h"
#include "scene.h"

struct camera;

struct recipe {
    double gain, red, blue;
    struct bcm2835_isp_gamma curve;
};

void isp_controls_make(struct camera *camera);
struct recipe isp_recipe(const struct camera *camera);

/* A `develop` of picture.h; `recipe` is a struct recipe. */
struct rgb16 isp_develop(struct colour light, const void *recipe);

#endif
