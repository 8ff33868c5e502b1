/* The files of the machine that libcamera looks at: the device nodes, and sysfs' account of them.
 *
 * They are real files below $CAMERA_RIG_DIR/.machine, so that listing, reading and locking them is the real kernel's
 * business: a lock on a media device keeps other processes away as it does on a Raspberry Pi. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct node;

/* Where `path` really is, in `room` or `path` itself where it is none of ours. */
const char *files_behind(const char *path, char *room, size_t size);

/* The account of a device node as of a character device. False where `path` is none of ours. */
bool files_status(const char *path, struct stat *status, int *result);

/* Opens the file behind a device node; -1 with errno. */
int files_open(const struct node *node, int flags);

/* What realpath says of a path in sysfs of ours, in `room`; NULL where it is none of ours. */
const char *files_resolved(const char *path, char *room, size_t size);

/* True where the fault `absent` has taken it. */
bool files_are_gone(const struct node *node);

#endif
