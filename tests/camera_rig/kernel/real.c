#include "real.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct real functions;
static pthread_once_t looked_up = PTHREAD_ONCE_INIT;

/* ISO C has no conversion from an object pointer, which dlsym returns, to a function pointer: copy its bytes. */
static void find(void *function, size_t size, const char *name)
{
    void *address = dlsym(RTLD_NEXT, name);
    memcpy(function, &address, size);
}

#define FIND(member) find(&functions.member, sizeof functions.member, #member)

static void look_up(void)
{
    FIND(openat);
    FIND(close);
    FIND(ioctl);
    FIND(lockf);
    FIND(ppoll);
    FIND(access);
    FIND(stat);
    FIND(lstat);
    FIND(opendir);
    FIND(fopen);
    FIND(realpath);
    FIND(syscall);
}

const struct real *real(void)
{
    pthread_once(&looked_up, look_up);
    return &functions;
}
