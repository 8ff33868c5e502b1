/* The C library's own functions, behind those of the same name that this library puts in front of them.
 *
 * Everything in here that works on real files and descriptors calls these, never its own interceptions. */
#ifndef REAL_H
#define REAL_H

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

struct real {
    int (*openat)(int directory, const char *path, int flags, ...);
    int (*close)(int descriptor);
    int (*ioctl)(int descriptor, unsigned long request, ...);
    int (*lockf)(int descriptor, int command, off_t length);
    int (*ppoll)(struct pollfd *entries, nfds_t count, const struct timespec *timeout, const sigset_t *signals);
    int (*access)(const char *path, int mode);
    int (*stat)(const char *path, struct stat *status);
    int (*lstat)(const char *path, struct stat *status);
    DIR *(*opendir)(const char *path);
    FILE *(*fopen)(const char *path, const char *mode);
    char *(*realpath)(const char *path, char *resolved);
    long (*syscall)(long number, ...);
};

/* Looked up at the first call, which may come before any constructor of ours: those of other libraries open files. */
const struct real *real(void);

#endif
