#include "descriptors.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

#define MOST_DESCRIPTORS 65536

static char heap; /* stands for the heap in the table */
static _Atomic(void *) table[MOST_DESCRIPTORS];
static _Atomic(pid_t) owner;

/* A child that was forked closes what it inherited, and with vfork even in its parent's memory: none of that may let go
 * of the parent's camera. */
static void *entry(int descriptor)
{
    if (descriptor < 0 || descriptor >= MOST_DESCRIPTORS)
        return NULL;
    void *found = atomic_load(&table[descriptor]);
    return found && atomic_load(&owner) == getpid() ? found : NULL;
}

static void add(int descriptor, void *what)
{
    if (descriptor < 0 || descriptor >= MOST_DESCRIPTORS)
        return;
    if (atomic_exchange(&owner, getpid()) != getpid())
        memset(table, 0, sizeof table);
    atomic_store(&table[descriptor], what);
}

void descriptor_add(int descriptor, struct node *node)
{
    add(descriptor, node);
}

void descriptor_add_heap(int descriptor)
{
    add(descriptor, &heap);
}

struct node *descriptor_node(int descriptor)
{
    void *found = entry(descriptor);
    return found == &heap ? NULL : found;
}

bool descriptor_is_heap(int descriptor)
{
    return entry(descriptor) == &heap;
}

void descriptor_remove(int descriptor)
{
    struct node *node = descriptor_node(descriptor);
    if (entry(descriptor))
        atomic_store(&table[descriptor], NULL);
    if (!node)
        return;
    machine_lock();
    node_closed(node);
    machine_unlock();
}
