/* Which open descriptors are ours: device nodes, and the heap that buffers come from. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stdbool.h>

struct node;

void descriptor_add(int descriptor, struct node *node);
void descriptor_add_heap(int descriptor);

/* NULL where it is none. */
struct node *descriptor_node(int descriptor);
bool descriptor_is_heap(int descriptor);

/* It is about to be closed. */
void descriptor_remove(int descriptor);

#endif
