#include "queue.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "answer.h"
#include "clock.h"
#include "memory.h"
#include "real.h"

void queue_open(struct queue *queue, uint32_t type)
{
    memset(queue, 0, sizeof *queue);
    queue->type = type;
    queue->ready = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC | EFD_SEMAPHORE);
}

static void free_buffers(struct queue *queue)
{
    for (unsigned i = 0; i < queue->count; i++)
        if (queue->buffers[i].memory >= 0)
            real()->close(queue->buffers[i].memory);
    queue->count = 0;
}

void queue_close(struct queue *queue)
{
    queue_stop(queue);
    free_buffers(queue);
    real()->close(queue->ready);
    queue->ready = -1;
}

void queue_start(struct queue *queue)
{
    queue->streaming = true;
}

void queue_stop(struct queue *queue)
{
    eventfd_t one;
    while (queue->done_count--)
        eventfd_read(queue->ready, &one);
    queue->streaming = false;
    queue->done_count = queue->waiting_count = 0;
    queue->round++;
}

unsigned queue_take(struct queue *queue)
{
    unsigned index = queue->waiting[0];
    queue->waiting_count--;
    memmove(queue->waiting, queue->waiting + 1, queue->waiting_count * sizeof *queue->waiting);
    return index;
}

void queue_give(struct queue *queue, const struct finished *finished)
{
    queue->done[queue->done_count++] = *finished;
    eventfd_write(queue->ready, 1);
}

static int request_buffers(struct queue *queue, struct v4l2_requestbuffers *wish)
{
    if (queue->streaming)
        return refuse(EBUSY);
    free_buffers(queue);
    if (wish->count > QUEUE_BUFFERS)
        wish->count = QUEUE_BUFFERS;
    wish->capabilities = 0;
    for (unsigned i = 0; i < wish->count; i++) {
        int memory = wish->memory == V4L2_MEMORY_MMAP ? memory_make("camera-rig", queue->length, false) : -1;
        if (memory < 0 && wish->memory == V4L2_MEMORY_MMAP)
            return refuse(ENOMEM);
        queue->buffers[i].memory = memory;
        queue->buffers[i].length = queue->length;
        queue->count++;
    }
    return 0;
}

static int export_buffer(struct queue *queue, struct v4l2_exportbuffer *wish)
{
    if (wish->index >= queue->count)
        return refuse(EINVAL);
    wish->fd = fcntl(queue->buffers[wish->index].memory, F_DUPFD_CLOEXEC, 0);
    return wish->fd < 0 ? -1 : 0;
}

static int query_buffer(struct queue *queue, struct v4l2_buffer *buffer)
{
    if (buffer->index >= queue->count)
        return refuse(EINVAL);
    buffer->length = (uint32_t)queue->buffers[buffer->index].length;
    buffer->m.offset = 0;
    return 0;
}

/* A descriptor of our own: the user may close his while the device works. */
static int adopt(struct queue *queue, const struct v4l2_buffer *buffer)
{
    int memory = fcntl(buffer->m.fd, F_DUPFD_CLOEXEC, 0);
    if (memory < 0)
        return -1;
    if (queue->buffers[buffer->index].memory >= 0)
        real()->close(queue->buffers[buffer->index].memory);
    queue->buffers[buffer->index].memory = memory;
    return 0;
}

static int enqueue(struct queue *queue, const struct v4l2_buffer *buffer)
{
    if (buffer->index >= queue->count || queue->waiting_count == QUEUE_BUFFERS)
        return refuse(EINVAL);
    if (buffer->memory == V4L2_MEMORY_DMABUF && adopt(queue, buffer))
        return -1;
    queue->waiting[queue->waiting_count++] = buffer->index;
    return 0;
}

static int dequeue(struct queue *queue, struct v4l2_buffer *buffer)
{
    eventfd_t one;
    if (!queue->done_count)
        return refuse(EAGAIN);
    struct finished finished = queue->done[0];
    queue->done_count--;
    memmove(queue->done, queue->done + 1, queue->done_count * sizeof *queue->done);
    eventfd_read(queue->ready, &one);
    buffer->index = finished.index;
    buffer->sequence = finished.sequence;
    buffer->bytesused = finished.used;
    buffer->flags = finished.flags;
    buffer->field = V4L2_FIELD_NONE;
    buffer->length = (uint32_t)queue->buffers[finished.index].length;
    buffer->timestamp.tv_sec = (time_t)(finished.taken_ns / NS_PER_S);
    buffer->timestamp.tv_usec = (suseconds_t)(finished.taken_ns % NS_PER_S / 1000);
    return 0;
}

int queue_ioctl(struct queue *queue, unsigned request, void *argument)
{
    switch (request) {
    case (unsigned)VIDIOC_REQBUFS:
        return request_buffers(queue, argument);
    case (unsigned)VIDIOC_EXPBUF:
        return export_buffer(queue, argument);
    case (unsigned)VIDIOC_QUERYBUF:
        return query_buffer(queue, argument);
    case (unsigned)VIDIOC_QBUF:
        return enqueue(queue, argument);
    case (unsigned)VIDIOC_DQBUF:
        return dequeue(queue, argument);
    default:
        return refuse(ENOTTY);
    }
}
