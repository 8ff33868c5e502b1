/* Requests to our devices, to the heap, and to the memory that came from it. */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/dma-buf.h>
#include <linux/dma-heap.h>

#include "answer.h"
#include "descriptors.h"
#include "intercept.h"
#include "machine.h"
#include "memory.h"
#include "real.h"

static int ask_node(struct node *node, unsigned request, void *argument)
{
    machine_lock();
    int result = node_ioctl(node, request, argument), error = errno;
    machine_unlock();
    if (result < 0 && getenv("CAMERA_RIG_DEBUG"))
        dprintf(STDERR_FILENO, "camera rig: %s refuses request '%c' %u: error %d\n", node->path, request >> 8 & 0xff,
                request & 0xff, error);
    errno = error;
    return result;
}

static int allocate(struct dma_heap_allocation_data *wish)
{
    int memory = memory_make("camera-rig-heap", wish->len, true);
    if (memory < 0)
        return -1;
    wish->fd = (uint32_t)memory;
    return 0;
}

/* A memory file knows nothing of these; there is nothing to do for it either. */
static int is_for_memory(unsigned request)
{
    return request == (unsigned)DMA_BUF_IOCTL_SYNC || request == (unsigned)DMA_BUF_SET_NAME_A ||
           request == (unsigned)DMA_BUF_SET_NAME_B;
}

INTERCEPT int ioctl(int descriptor, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    struct node *node = descriptor_node(descriptor);
    if (node)
        return ask_node(node, (unsigned)request, argument);
    if (descriptor_is_heap(descriptor) && (unsigned)request == (unsigned)DMA_HEAP_IOCTL_ALLOC)
        return allocate(argument);
    int result = real()->ioctl(descriptor, request, argument);
    if (result < 0 && errno == ENOTTY && is_for_memory((unsigned)request)) {
        errno = 0;
        return 0;
    }
    return result;
}
