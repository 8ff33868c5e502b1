#include <stdlib.h>
#include <string.h>

#include <linux/v4l2-subdev.h>

#include "answer.h"
#include "devices.h"
#include "faults.h"
#include "machine.h"
#include "sensor_controls.h"

static bool has_code(const struct sensor_mode *mode, uint32_t code)
{
    for (unsigned i = 0; i < SENSOR_CODES; i++)
        if (code && mode->codes[i] == code)
            return true;
    return false;
}

/* Each code once, though several modes have it. */
static int list_code(const struct sensor *sensor, struct v4l2_subdev_mbus_code_enum *list)
{
    uint32_t seen[SENSOR_MODES * SENSOR_CODES];
    unsigned count = 0;
    for (unsigned mode = 0; mode < SENSOR_MODES; mode++)
        for (unsigned i = 0; i < SENSOR_CODES; i++) {
            uint32_t code = sensor->modes[mode].codes[i];
            bool is_new = code != 0;
            for (unsigned k = 0; k < count; k++)
                is_new = is_new && seen[k] != code;
            if (is_new)
                seen[count++] = code;
        }
    if (list->pad || list->index >= count)
        return refuse(EINVAL);
    list->code = seen[list->index];
    return 0;
}

static int list_size(const struct sensor *sensor, struct v4l2_subdev_frame_size_enum *list)
{
    unsigned index = list->index;
    for (unsigned mode = 0; mode < SENSOR_MODES && !list->pad; mode++)
        if (has_code(&sensor->modes[mode], list->code) && index-- == 0) {
            list->min_width = list->max_width = sensor->modes[mode].width;
            list->min_height = list->max_height = sensor->modes[mode].height;
            return 0;
        }
    return refuse(EINVAL);
}

static unsigned nearest_mode(const struct sensor *sensor, const struct v4l2_mbus_framefmt *wish)
{
    unsigned nearest = 0;
    long least = -1;
    for (unsigned i = 0; i < SENSOR_MODES; i++) {
        const struct sensor_mode *mode = &sensor->modes[i];
        long off = labs((long)mode->width - (long)wish->width) + labs((long)mode->height - (long)wish->height);
        if (has_code(mode, wish->code) && (least < 0 || off < least)) {
            least = off;
            nearest = i;
        }
    }
    return nearest;
}

static int format(struct camera *camera, struct v4l2_subdev_format *wish, bool is_set)
{
    const struct sensor *sensor = camera->sensor;
    unsigned mode = camera->mode;
    uint32_t code = camera->code;
    if (is_set) {
        mode = nearest_mode(sensor, &wish->format);
        code = has_code(&sensor->modes[mode], wish->format.code) ? wish->format.code : sensor->modes[mode].codes[0];
        if (wish->which == V4L2_SUBDEV_FORMAT_ACTIVE)
            sensor_set_mode(camera, mode, code);
    }
    wish->format = (struct v4l2_mbus_framefmt){
        .width = sensor->modes[mode].width,
        .height = sensor->modes[mode].height,
        .code = code,
        .field = V4L2_FIELD_NONE,
        .colorspace = V4L2_COLORSPACE_RAW,
        .ycbcr_enc = V4L2_YCBCR_ENC_601,
        .quantization = V4L2_QUANTIZATION_FULL_RANGE,
        .xfer_func = V4L2_XFER_FUNC_NONE,
    };
    return 0;
}

static struct v4l2_rect whole(const struct rectangle *area)
{
    return (struct v4l2_rect){ (int32_t)area->left, (int32_t)area->top, (uint32_t)area->width, (uint32_t)area->height };
}

static int selection(const struct camera *camera, struct v4l2_subdev_selection *wish)
{
    switch (wish->target) {
    case V4L2_SEL_TGT_NATIVE_SIZE:
        wish->r = whole(&camera->sensor->array);
        return 0;
    case V4L2_SEL_TGT_CROP_BOUNDS:
    case V4L2_SEL_TGT_CROP_DEFAULT:
        wish->r = whole(&camera->sensor->active);
        return 0;
    case V4L2_SEL_TGT_CROP:
        wish->r = whole(&camera->sensor->modes[camera->mode].crop);
        return 0;
    default:
        return refuse(EINVAL);
    }
}

int subdevice_ioctl(struct node *node, unsigned request, void *argument)
{
    struct camera *camera = node->camera;
    switch (request) {
    case (unsigned)VIDIOC_SUBDEV_ENUM_MBUS_CODE:
        return list_code(camera->sensor, argument);
    case (unsigned)VIDIOC_SUBDEV_ENUM_FRAME_SIZE:
        return list_size(camera->sensor, argument);
    case (unsigned)VIDIOC_SUBDEV_G_FMT:
        return format(camera, argument, false);
    case (unsigned)VIDIOC_SUBDEV_S_FMT:
        return format(camera, argument, true);
    case (unsigned)VIDIOC_SUBDEV_G_SELECTION:
        return selection(camera, argument);
    case (unsigned)VIDIOC_S_EXT_CTRLS:
        /* A sensor whose ribbon is loose does not answer on its bus. */
        if (fault(camera->index, "absent"))
            return refuse(EREMOTEIO);
        return controls_ioctl(&camera->sensor_controls, request, argument);
    default:
        return controls_ioctl(&camera->sensor_controls, request, argument);
    }
}
