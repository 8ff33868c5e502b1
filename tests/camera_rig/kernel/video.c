#include <stdio.h>
#include <string.h>

#include <linux/bcm2835-isp.h>

#include "answer.h"
#include "developing.h"
#include "devices.h"
#include "exposing.h"
#include "faults.h"
#include "format.h"
#include "machine.h"

#ifndef V4L2_META_FMT_BCM2835_ISP_STATS
#define V4L2_META_FMT_BCM2835_ISP_STATS v4l2_fourcc('B', 'S', 'T', 'A')
#endif

#define LEAST_CROP 64

static bool is_raw(const struct node *node)
{
    return node->kind == UNICAM || node->kind == ISP_INPUT;
}

static uint32_t capabilities(const struct node *node)
{
    switch (node->kind) {
    case UNICAM:
        return V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_IO_MC;
    case ISP_INPUT:
        return V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING;
    case ISP_STATISTICS:
        return V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING;
    default:
        return V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    }
}

static int tell_capabilities(const struct node *node, struct v4l2_capability *told)
{
    const char *driver = node->kind == UNICAM ? "unicam" : "bcm2835-isp";
    memset(told, 0, sizeof *told);
    snprintf((char *)told->driver, sizeof told->driver, "%s", driver);
    snprintf((char *)told->card, sizeof told->card, "%s", driver);
    snprintf((char *)told->bus_info, sizeof told->bus_info, "platform:%s", driver);
    told->version = KERNEL_VERSION_TOLD;
    told->device_caps = capabilities(node);
    told->capabilities = told->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static int list_format(const struct node *node, struct v4l2_fmtdesc *list)
{
    uint32_t format = format_listed(is_raw(node), list->index, list->mbus_code);
    if (node->kind == ISP_STATISTICS)
        format = list->index ? 0 : V4L2_META_FMT_BCM2835_ISP_STATS;
    if (list->type != node->queue.type || !format)
        return refuse(EINVAL);
    list->pixelformat = format;
    return 0;
}

static int list_size(const struct node *node, struct v4l2_frmsizeenum *list)
{
    if (list->index || node->kind == ISP_STATISTICS)
        return refuse(EINVAL);
    list->type = V4L2_FRMSIZE_TYPE_STEPWISE;
    list->stepwise = (struct v4l2_frmsize_stepwise){ 64, 16384, 2, 64, 16384, 2 };
    return 0;
}

static int format(struct node *node, struct v4l2_format *wish, unsigned request)
{
    if (wish->type != node->queue.type)
        return refuse(EINVAL);
    if (node->kind == ISP_STATISTICS) {
        memset(&wish->fmt.meta, 0, sizeof wish->fmt.meta);
        wish->fmt.meta.dataformat = V4L2_META_FMT_BCM2835_ISP_STATS;
        wish->fmt.meta.buffersize = sizeof(struct bcm2835_isp_stats);
        return 0;
    }
    if (request == (unsigned)VIDIOC_G_FMT)
        wish->fmt.pix = node->format;
    format_fit(is_raw(node), &wish->fmt.pix);
    if (request == (unsigned)VIDIOC_S_FMT)
        node->format = wish->fmt.pix;
    return 0;
}

static int get_crop(const struct node *node, struct v4l2_selection *wish)
{
    wish->r = (struct v4l2_rect){ 0, 0, node->format.width, node->format.height };
    return 0;
}

static int set_crop(struct node *node, struct v4l2_selection *wish)
{
    if (wish->r.width < LEAST_CROP)
        wish->r.width = LEAST_CROP;
    if (wish->r.height < LEAST_CROP)
        wish->r.height = LEAST_CROP;
    node->crop = wish->r;
    return 0;
}

static int stream_on(struct node *node)
{
    if (fault(node->camera->index, "eio-streamon"))
        return refuse(EIO);
    queue_start(&node->queue);
    if (node->kind == UNICAM)
        exposing_start(node->camera);
    if (node->kind == ISP_INPUT)
        developing_start(node->camera);
    developing_wake(node->camera);
    return 0;
}

void video_stream_off(struct node *node)
{
    if (node->kind == UNICAM)
        exposing_stop(node->camera);
    if (node->kind == ISP_INPUT)
        developing_stop(node->camera);
    queue_stop(&node->queue);
}

static int buffers(struct node *node, unsigned request, void *argument)
{
    if (request == (unsigned)VIDIOC_QBUF && fault(node->camera->index, "eio-qbuf"))
        return refuse(EIO);
    if (request == (unsigned)VIDIOC_REQBUFS)
        node->queue.length = node->kind == ISP_STATISTICS ? sizeof(struct bcm2835_isp_stats) : node->format.sizeimage;
    int result = queue_ioctl(&node->queue, request, argument);
    if (request == (unsigned)VIDIOC_QBUF)
        developing_wake(node->camera);
    return result;
}

int video_ioctl(struct node *node, unsigned request, void *argument)
{
    switch (request) {
    case (unsigned)VIDIOC_QUERYCAP:
        return tell_capabilities(node, argument);
    case (unsigned)VIDIOC_ENUM_FMT:
        return list_format(node, argument);
    case (unsigned)VIDIOC_ENUM_FRAMESIZES:
        return list_size(node, argument);
    case (unsigned)VIDIOC_G_FMT:
    case (unsigned)VIDIOC_S_FMT:
    case (unsigned)VIDIOC_TRY_FMT:
        return format(node, argument, request);
    case (unsigned)VIDIOC_G_SELECTION:
        return get_crop(node, argument);
    case (unsigned)VIDIOC_S_SELECTION:
        return set_crop(node, argument);
    case (unsigned)VIDIOC_REQBUFS:
    case (unsigned)VIDIOC_QUERYBUF:
    case (unsigned)VIDIOC_EXPBUF:
    case (unsigned)VIDIOC_QBUF:
    case (unsigned)VIDIOC_DQBUF:
        return buffers(node, request, argument);
    case (unsigned)VIDIOC_STREAMON:
        return stream_on(node);
    case (unsigned)VIDIOC_STREAMOFF:
        video_stream_off(node);
        return 0;
    case (unsigned)VIDIOC_SUBSCRIBE_EVENT:
    case (unsigned)VIDIOC_UNSUBSCRIBE_EVENT:
    case (unsigned)VIDIOC_DQEVENT:
        return node->kind == UNICAM ? frame_sync_ioctl(&node->camera->frame_sync, request, argument) : refuse(ENOTTY);
    default:
        return node->kind == ISP_INPUT ? controls_ioctl(&node->camera->isp_controls, request, argument)
                                       : refuse(ENOTTY);
    }
}
