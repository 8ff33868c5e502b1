/* Opening and closing. libcamera opens some devices by the bare system call. */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"
#include "descriptors.h"
#include "faults.h"
#include "files.h"
#include "intercept.h"
#include "machine.h"
#include "real.h"

static int open_node(struct node *node, int flags)
{
    if (files_are_gone(node))
        return refuse(ENOENT);
    int descriptor = files_open(node, flags);
    if (descriptor < 0)
        return -1;
    machine_lock();
    node_opened(node);
    machine_unlock();
    descriptor_add(descriptor, node);
    return descriptor;
}

static int open_heap(void)
{
    int descriptor = memfd_create("camera-rig-heap", MFD_CLOEXEC);
    if (descriptor >= 0)
        descriptor_add_heap(descriptor);
    return descriptor;
}

static int open_any(int directory, const char *path, int flags, mode_t mode)
{
    char room[512];
    struct node *node = node_at_path(path);
    if (node)
        return open_node(node, flags);
    if (path && !strncmp(path, "/dev/dma_heap/", 14))
        return open_heap();
    return real()->openat(directory, files_behind(path, room, sizeof room), flags, mode);
}

/* The argument that follows the flags where a file may be made. */
#define MODE(flags, mode)                                            \
    mode_t mode = 0;                                                 \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list arguments;                                           \
        va_start(arguments, flags);                                  \
        mode = va_arg(arguments, mode_t);                            \
        va_end(arguments);                                           \
    }

INTERCEPT int open(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}

INTERCEPT int open64(const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}

INTERCEPT int openat(int directory, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_any(directory, path, flags, mode);
}

INTERCEPT int openat64(int directory, const char *path, int flags, ...)
{
    MODE(flags, mode)
    return open_any(directory, path, flags, mode);
}

INTERCEPT int __open_2(const char *path, int flags);
INTERCEPT int __open_2(const char *path, int flags)
{
    return open_any(AT_FDCWD, path, flags, 0);
}

INTERCEPT int __open64_2(const char *path, int flags);
INTERCEPT int __open64_2(const char *path, int flags)
{
    return open_any(AT_FDCWD, path, flags, 0);
}

INTERCEPT long syscall(long number, ...)
{
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_openat && node_at_path((const char *)a[1]))
        return open_any((int)a[0], (const char *)a[1], (int)a[2], (mode_t)a[3]);
    return real()->syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

INTERCEPT int close(int descriptor)
{
    descriptor_remove(descriptor);
    return real()->close(descriptor);
}

/* libcamera locks the media device of a camera that it acquires: another process' lock, seen from here. */
INTERCEPT int lockf(int descriptor, int command, off_t length)
{
    const struct node *node = descriptor_node(descriptor);
    if (node && command != F_ULOCK && fault(node->camera->index, "busy"))
        return refuse(EACCES);
    return real()->lockf(descriptor, command, length);
}

INTERCEPT int lockf64(int descriptor, int command, off64_t length)
{
    return lockf(descriptor, command, length);
}
