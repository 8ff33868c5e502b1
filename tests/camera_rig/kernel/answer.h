/* How a system call says no. */
#ifndef ANSWER_H
#define ANSWER_H

#include <errno.h>

static inline int refuse(int error)
{
    errno = error;
    return -1;
}

#endif
