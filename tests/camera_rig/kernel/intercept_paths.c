/* Looking at paths without opening them for good. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "answer.h"
#include "files.h"
#include "intercept.h"
#include "machine.h"
#include "real.h"

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "stat and stat64 are one on a 64-bit machine");

INTERCEPT int stat(const char *path, struct stat *status)
{
    char room[512];
    int result;
    if (files_status(path, status, &result))
        return result;
    return real()->stat(files_behind(path, room, sizeof room), status);
}

INTERCEPT int stat64(const char *path, struct stat64 *status)
{
    return stat(path, (struct stat *)status);
}

INTERCEPT int lstat(const char *path, struct stat *status)
{
    char room[512];
    int result;
    if (files_status(path, status, &result))
        return result;
    return real()->lstat(files_behind(path, room, sizeof room), status);
}

INTERCEPT int lstat64(const char *path, struct stat64 *status)
{
    return lstat(path, (struct stat *)status);
}

INTERCEPT int access(const char *path, int mode)
{
    char room[512];
    const struct node *node = node_at_path(path);
    if (node)
        return files_are_gone(node) ? refuse(ENOENT) : 0;
    return real()->access(files_behind(path, room, sizeof room), mode);
}

INTERCEPT DIR *opendir(const char *path)
{
    char room[512];
    return real()->opendir(files_behind(path, room, sizeof room));
}

INTERCEPT FILE *fopen(const char *path, const char *mode)
{
    char room[512];
    return real()->fopen(files_behind(path, room, sizeof room), mode);
}

INTERCEPT FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}

INTERCEPT char *realpath(const char *path, char *resolved)
{
    char room[PATH_MAX];
    const char *ours = files_resolved(path, room, sizeof room);
    if (!ours)
        return real()->realpath(path, resolved);
    return resolved ? strcpy(resolved, ours) : strdup(ours);
}
