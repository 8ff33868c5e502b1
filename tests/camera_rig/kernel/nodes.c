#include <string.h>

#include "answer.h"
#include "developing.h"
#include "devices.h"
#include "exposing.h"
#include "machine.h"

static bool has_queue(const struct node *node)
{
    return node->kind >= UNICAM;
}

static uint32_t buffer_type(const struct node *node)
{
    switch (node->kind) {
    case ISP_INPUT:
        return V4L2_BUF_TYPE_VIDEO_OUTPUT;
    case ISP_STATISTICS:
        return V4L2_BUF_TYPE_META_CAPTURE;
    default:
        return V4L2_BUF_TYPE_VIDEO_CAPTURE;
    }
}

void node_opened(struct node *node)
{
    if (node->opened++ || !has_queue(node))
        return;
    queue_open(&node->queue, buffer_type(node));
    if (node->kind == UNICAM)
        frame_sync_open(&node->camera->frame_sync);
}

void node_closed(struct node *node)
{
    if (--node->opened || !has_queue(node))
        return;
    video_stream_off(node);
    queue_close(&node->queue);
    if (node->kind == UNICAM)
        frame_sync_close(&node->camera->frame_sync);
}

int node_ioctl(struct node *node, unsigned request, void *argument)
{
    switch (node->kind) {
    case UNICAM_MEDIA:
    case ISP_MEDIA:
        return media_ioctl(node, request, argument);
    case SENSOR:
        return subdevice_ioctl(node, request, argument);
    default:
        return video_ioctl(node, request, argument);
    }
}
