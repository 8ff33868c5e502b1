#include "controls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/videodev2.h>

#include "answer.h"

struct control *control_find(const struct controls *controls, uint32_t id)
{
    for (unsigned i = 0; i < controls->count; i++)
        if (controls->list[i].id == id)
            return &controls->list[i];
    return NULL;
}

int64_t control_value(const struct controls *controls, uint32_t id)
{
    const struct control *control = control_find(controls, id);
    return control ? control->value : 0;
}

static int64_t within(const struct control *control, int64_t value)
{
    return value < control->least ? control->least : value > control->most ? control->most : value;
}

void control_bound(struct control *control, int64_t least, int64_t most)
{
    control->least = least;
    control->most = most;
    control->value = within(control, control->value);
    control->otherwise = within(control, control->otherwise);
}

static struct control *next_after(const struct controls *controls, uint32_t id)
{
    struct control *next = NULL;
    for (unsigned i = 0; i < controls->count; i++) {
        struct control *control = &controls->list[i];
        if (control->id > id && (!next || control->id < next->id))
            next = control;
    }
    return next;
}

static int query(const struct controls *controls, struct v4l2_query_ext_ctrl *answer)
{
    uint32_t id = answer->id & V4L2_CTRL_ID_MASK;
    int wants_next = (answer->id & (V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND)) != 0;
    const struct control *control = wants_next ? next_after(controls, id) : control_find(controls, id);
    if (!control)
        return refuse(EINVAL);
    memset(answer, 0, sizeof *answer);
    answer->id = control->id;
    answer->type = control->type;
    snprintf(answer->name, sizeof answer->name, "%s", control->name);
    answer->minimum = control->least;
    answer->maximum = control->most;
    answer->step = 1;
    answer->default_value = control->otherwise;
    answer->flags = control->flags;
    answer->elems = control->bytes ? control->bytes : 1;
    answer->elem_size = control->bytes ? 1 : control->type == V4L2_CTRL_TYPE_INTEGER64 ? 8 : 4;
    if (control->bytes) {
        answer->flags |= V4L2_CTRL_FLAG_HAS_PAYLOAD;
        answer->nr_of_dims = 1;
        answer->dims[0] = control->bytes;
    }
    return 0;
}

static int query_menu(const struct controls *controls, struct v4l2_querymenu *menu)
{
    const struct control *control = control_find(controls, menu->id);
    if (!control || control->type != V4L2_CTRL_TYPE_MENU || menu->index > control->most)
        return refuse(EINVAL);
    snprintf((char *)menu->name, sizeof menu->name, "item %u", menu->index);
    return 0;
}

static void get_one(const struct control *control, struct v4l2_ext_control *wish)
{
    if (control->bytes)
        memcpy(wish->ptr, control->blob, wish->size < control->bytes ? wish->size : control->bytes);
    else if (control->type == V4L2_CTRL_TYPE_INTEGER64)
        wish->value64 = control->value;
    else
        wish->value = (int32_t)control->value;
}

static void set_one(struct controls *controls, struct control *control, struct v4l2_ext_control *wish)
{
    if (control->bytes) {
        memcpy(control->blob, wish->ptr, wish->size < control->bytes ? wish->size : control->bytes);
        return;
    }
    control->value = within(control, control->type == V4L2_CTRL_TYPE_INTEGER64 ? wish->value64 : wish->value);
    if (controls->changed)
        controls->changed(controls, control->id);
    get_one(control, wish);
}

static int get_all(const struct controls *controls, struct v4l2_ext_controls *wishes)
{
    for (unsigned i = 0; i < wishes->count; i++) {
        const struct control *control = control_find(controls, wishes->controls[i].id);
        if (!control) {
            wishes->error_idx = i;
            return refuse(EINVAL);
        }
        get_one(control, &wishes->controls[i]);
    }
    return 0;
}

static int set_all(struct controls *controls, struct v4l2_ext_controls *wishes)
{
    /* As the kernel has it: all are looked at before any is set, and an index of `count` says that none was. */
    for (unsigned i = 0; i < wishes->count; i++) {
        const struct control *control = control_find(controls, wishes->controls[i].id);
        wishes->error_idx = wishes->count;
        if (!control)
            return refuse(EINVAL);
        if (control->flags & V4L2_CTRL_FLAG_READ_ONLY)
            return refuse(EACCES);
    }
    for (unsigned i = 0; i < wishes->count; i++)
        set_one(controls, control_find(controls, wishes->controls[i].id), &wishes->controls[i]);
    return 0;
}

int controls_ioctl(struct controls *controls, unsigned request, void *argument)
{
    switch (request) {
    case (unsigned)VIDIOC_QUERY_EXT_CTRL:
        return query(controls, argument);
    case (unsigned)VIDIOC_QUERYMENU:
        return query_menu(controls, argument);
    case (unsigned)VIDIOC_G_EXT_CTRLS:
        return get_all(controls, argument);
    case (unsigned)VIDIOC_S_EXT_CTRLS:
        return set_all(controls, argument);
    default:
        return refuse(ENOTTY);
    }
}
