#include "faults.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "real.h"

const char *rig_directory(void)
{
    const char *directory = getenv("CAMERA_RIG_DIR");
    return directory && *directory ? directory : "/nonexistent";
}

const char *rig_path(char *path, size_t size, const char *rest)
{
    snprintf(path, size, "%s/%s", rig_directory(), rest);
    return path;
}

static bool is_there(const char *name)
{
    char path[512];
    return real()->access(rig_path(path, sizeof path, name), F_OK) == 0;
}

bool fault(unsigned camera, const char *name)
{
    char of_one[64];
    snprintf(of_one, sizeof of_one, "%s.%u", name, camera);
    return is_there(name) || is_there(of_one);
}

static bool read_number(const char *name, double *number)
{
    char path[512], text[64], *end;
    int file = real()->openat(AT_FDCWD, rig_path(path, sizeof path, name), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t length = read(file, text, sizeof text - 1);
    real()->close(file);
    if (length <= 0)
        return false;
    text[length] = '\0';
    *number = strtod(text, &end);
    return end != text;
}

double knob(unsigned camera, const char *name, double otherwise)
{
    char of_one[64];
    double number;
    snprintf(of_one, sizeof of_one, "%s.%u", name, camera);
    if (read_number(of_one, &number) || read_number(name, &number))
        return number;
    return otherwise;
}
