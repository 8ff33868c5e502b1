/* What each kind of device node answers. All hold the machine's lock, and return 0 or -1 with errno. */
#ifndef DEVICES_H
#define DEVICES_H

struct node;

#define KERNEL_VERSION_TOLD ((6 << 16) | (12 << 8))

int media_ioctl(struct node *node, unsigned request, void *argument);
int subdevice_ioctl(struct node *node, unsigned request, void *argument);
int video_ioctl(struct node *node, unsigned request, void *argument);
void video_stream_off(struct node *node);

#endif
