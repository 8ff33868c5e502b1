#include "sensor_controls.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

static const struct control registers[] = {
    { .id = V4L2_CID_EXPOSURE, .type = V4L2_CTRL_TYPE_INTEGER, .name = "Exposure", .value = 1600 },
    { .id = V4L2_CID_HFLIP, .type = V4L2_CTRL_TYPE_BOOLEAN, .name = "Horizontal Flip", .most = 1 },
    { .id = V4L2_CID_VFLIP, .type = V4L2_CTRL_TYPE_BOOLEAN, .name = "Vertical Flip", .most = 1 },
    { .id = V4L2_CID_CAMERA_ORIENTATION,
      .type = V4L2_CTRL_TYPE_MENU,
      .name = "Camera Orientation",
      .most = 2,
      .value = V4L2_CAMERA_ORIENTATION_EXTERNAL,
      .flags = V4L2_CTRL_FLAG_READ_ONLY },
    { .id = V4L2_CID_CAMERA_SENSOR_ROTATION,
      .type = V4L2_CTRL_TYPE_INTEGER,
      .name = "Camera Sensor Rotation",
      .flags = V4L2_CTRL_FLAG_READ_ONLY },
    { .id = V4L2_CID_VBLANK, .type = V4L2_CTRL_TYPE_INTEGER, .name = "Vertical Blanking" },
    { .id = V4L2_CID_HBLANK, .type = V4L2_CTRL_TYPE_INTEGER, .name = "Horizontal Blanking" },
    { .id = V4L2_CID_ANALOGUE_GAIN, .type = V4L2_CTRL_TYPE_INTEGER, .name = "Analogue Gain" },
    { .id = V4L2_CID_PIXEL_RATE,
      .type = V4L2_CTRL_TYPE_INTEGER64,
      .name = "Pixel Rate",
      .flags = V4L2_CTRL_FLAG_READ_ONLY },
};

#define COUNT (sizeof registers / sizeof *registers)

static struct camera *camera_of(struct controls *controls)
{
    return (struct camera *)((char *)controls - offsetof(struct camera, sensor_controls));
}

/* An exposure fits into its frame. */
static void bound_exposure(struct camera *camera)
{
    struct controls *controls = &camera->sensor_controls;
    const struct sensor *sensor = camera->sensor;
    int64_t lines = camera->sensor->modes[camera->mode].height + control_value(controls, V4L2_CID_VBLANK);
    control_bound(control_find(controls, V4L2_CID_EXPOSURE), sensor->least_exposure_lines,
                  lines - sensor->exposure_margin_lines);
}

static void changed(struct controls *controls, uint32_t id)
{
    if (id == V4L2_CID_VBLANK)
        bound_exposure(camera_of(controls));
}

/* $CAMERA_RIG_FPS caps the frame rate as a slower mode of the sensor would, so that libcamera knows of it. */
static uint32_t least_frame_lines(const struct sensor *sensor, const struct sensor_mode *mode)
{
    const char *wish = getenv("CAMERA_RIG_FPS");
    double fps = wish ? atof(wish) : 0;
    if (fps <= 0)
        return mode->least_frame_lines;
    double lines = ceil((double)sensor->pixels_per_s / mode->line_pixels / fps);
    return (uint32_t)fmin(fmax(lines, mode->least_frame_lines), sensor->most_frame_lines);
}

void sensor_set_mode(struct camera *camera, unsigned mode, uint32_t code)
{
    const struct sensor *sensor = camera->sensor;
    const struct sensor_mode *now = &sensor->modes[mode];
    struct control *vblank = control_find(&camera->sensor_controls, V4L2_CID_VBLANK);
    struct control *hblank = control_find(&camera->sensor_controls, V4L2_CID_HBLANK);
    int64_t least_lines = least_frame_lines(sensor, now);
    camera->mode = mode;
    camera->code = code;
    control_bound(vblank, least_lines - now->height, (int64_t)sensor->most_frame_lines - now->height);
    vblank->otherwise = vblank->value = (now->frame_lines > least_lines ? now->frame_lines : least_lines) - now->height;
    control_bound(hblank, (int64_t)now->line_pixels - now->width, (int64_t)sensor->most_line_pixels - now->width);
    hblank->otherwise = hblank->value = hblank->least;
    bound_exposure(camera);
}

void sensor_controls_make(struct camera *camera)
{
    static struct control tables[MOST_CAMERAS][COUNT];
    struct controls *controls = &camera->sensor_controls;
    memcpy(tables[camera->index], registers, sizeof registers);
    *controls = (struct controls){ .list = tables[camera->index], .count = COUNT, .changed = changed };
    struct control *rate = control_find(controls, V4L2_CID_PIXEL_RATE);
    rate->least = rate->most = rate->value = rate->otherwise = (int64_t)camera->sensor->pixels_per_s;
    control_bound(control_find(controls, V4L2_CID_ANALOGUE_GAIN), 0, camera->sensor->most_gain_code);
    sensor_set_mode(camera, 0, camera->sensor->modes[0].codes[0]);
}

struct latch sensor_registers(const struct camera *camera)
{
    const struct controls *controls = &camera->sensor_controls;
    const struct sensor_mode *mode = &camera->sensor->modes[camera->mode];
    double line_pixels = (double)(mode->width + control_value(controls, V4L2_CID_HBLANK));
    return (struct latch){
        .line_us = line_pixels * 1e6 / (double)camera->sensor->pixels_per_s,
        .frame_lines = (uint32_t)(mode->height + control_value(controls, V4L2_CID_VBLANK)),
        .exposure_lines = (uint32_t)control_value(controls, V4L2_CID_EXPOSURE),
        .gain_code = (uint32_t)control_value(controls, V4L2_CID_ANALOGUE_GAIN),
    };
}
