/* EIO on purpose, for one process (LD_PRELOAD), where the kernel has no device mapper to make a bad disk with.
 *
 * While the file $FAILING_CALLS exists, each call that it names (words like `pwrite`, `fsync`, `read`, `unlink`) fails with
 * EIO if the file's path holds one of its other words (`/.ledger.sqlite`). Everything else is as it is. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fails(const char *call, const char *path) {
    static const char *control;
    char words[512];
    if (!control && !(control = getenv("FAILING_CALLS")))
        return 0;
    long fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    long length = syscall(SYS_read, fd, words, sizeof words - 1);
    syscall(SYS_close, fd);
    words[length > 0 ? length : 0] = 0;
    int named = 0, meant = 0;
    char *rest;
    for (char *word = strtok_r(words, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
        named |= !strcmp(word, call);
        meant |= word[0] == '/' && strstr(path, word) != NULL;
    }
    return named && meant;
}

static int fails_fd(const char *call, int fd) {
    char link[64], path[4096];
    int saved = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = saved;
    if (length < 0)
        return 0;
    path[length] = 0;
    return fails(call, path);
}

#define ON_FD(result, name, call, declared, given)                   \
    result name declared {                                           \
        static result(*real) declared;                               \
        if (!real)                                                   \
            real = (result(*) declared)dlsym(RTLD_NEXT, #name);      \
        if (fails_fd(call, fd)) {                                    \
            errno = EIO;                                             \
            return -1;                                               \
        }                                                            \
        return real given;                                           \
    }

ON_FD(ssize_t, read, "read", (int fd, void *to, size_t n), (fd, to, n))
ON_FD(ssize_t, pread, "read", (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
ON_FD(ssize_t, pread64, "read", (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
ON_FD(ssize_t, write, "write", (int fd, const void *from, size_t n), (fd, from, n))
ON_FD(ssize_t, pwrite, "write", (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
ON_FD(ssize_t, pwrite64, "write", (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))
ON_FD(int, fsync, "fsync", (int fd), (fd))
ON_FD(int, fdatasync, "fsync", (int fd), (fd))

int unlinkat(int directory, const char *name, int flags) {
    static int (*real)(int, const char *, int);
    if (!real)
        real = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");
    char path[4096];
    snprintf(path, sizeof path, "/%s", name);
    if (fails("unlink", path)) {
        errno = EIO;
        return -1;
    }
    return real(directory, name, flags);
}
