#include "memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "real.h"

#define PAGE 4096

_Static_assert(sizeof(struct label) <= PAGE, "a label has one page");

int memory_make(const char *name, size_t length, bool from_heap)
{
    int file = memfd_create(name, MFD_CLOEXEC);
    if (file < 0)
        return -1;
    if (ftruncate(file, (off_t)((length + PAGE - 1) / PAGE * PAGE + PAGE))) {
        real()->close(file);
        errno = ENOMEM;
        return -1;
    }
    struct mapping mapping;
    if (from_heap && memory_map(file, &mapping)) {
        mapping.label->from_heap = 1;
        memory_unmap(&mapping);
    }
    return file;
}

bool memory_map(int descriptor, struct mapping *mapping)
{
    struct stat status;
    if (fstat(descriptor, &status) || status.st_size < 2 * PAGE)
        return false;
    void *data = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (data == MAP_FAILED)
        return false;
    mapping->data = data;
    mapping->length = (size_t)status.st_size - PAGE;
    mapping->label = (struct label *)(mapping->data + mapping->length);
    return true;
}

void memory_unmap(struct mapping *mapping)
{
    munmap(mapping->data, mapping->length + PAGE);
}
