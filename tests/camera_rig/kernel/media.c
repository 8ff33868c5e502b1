#include <stdio.h>
#include <string.h>

#include <linux/media.h>

#include "answer.h"
#include "devices.h"
#include "machine.h"

/* Numbers of the objects of a topology: each entity has one pad, one interface and the link between them. */
#define ENTITY(i) (1 + (i))
#define PAD(i) (101 + (i))
#define INTERFACE(i) (201 + (i))
#define LINK(i) (301 + (i))

struct family {
    unsigned count;
    struct node *members[NODE_KINDS];
};

static struct family family_of(struct node *media)
{
    struct family family = { 0 };
    bool is_unicam = media->kind == UNICAM_MEDIA;
    unsigned from = is_unicam ? SENSOR : ISP_INPUT, to = is_unicam ? UNICAM : ISP_STATISTICS;
    for (unsigned kind = from; kind <= to; kind++)
        family.members[family.count++] = node_of(media->camera, kind);
    return family;
}

static int tell_info(const struct node *media, struct media_device_info *info)
{
    memset(info, 0, sizeof *info);
    snprintf(info->driver, sizeof info->driver, "%.15s", media->entity);
    snprintf(info->model, sizeof info->model, "%s", media->entity);
    info->media_version = info->driver_version = KERNEL_VERSION_TOLD;
    return 0;
}

static void tell_member(const struct node *node, unsigned i, struct media_v2_entity *entity, struct media_v2_pad *pad,
                        struct media_v2_interface *interface, struct media_v2_link *link)
{
    bool is_source = node->kind == SENSOR || node->kind == ISP_INPUT;
    if (entity) {
        entity[i] =
            (struct media_v2_entity){ .id = ENTITY(i),
                                      .function = node->kind == SENSOR ? MEDIA_ENT_F_CAM_SENSOR : MEDIA_ENT_F_IO_V4L };
        memcpy(entity[i].name, node->entity, sizeof node->entity);
    }
    if (pad)
        pad[i] = (struct media_v2_pad){ .id = PAD(i),
                                        .entity_id = ENTITY(i),
                                        .flags = is_source ? MEDIA_PAD_FL_SOURCE : MEDIA_PAD_FL_SINK };
    if (interface) {
        interface[i] = (struct media_v2_interface){ .id = INTERFACE(i),
                                                    .intf_type = node->kind == SENSOR ? MEDIA_INTF_T_V4L_SUBDEV
                                                                                      : MEDIA_INTF_T_V4L_VIDEO };
        interface[i].devnode.major = DEVICE_MAJOR;
        interface[i].devnode.minor = node->minor;
    }
    if (link)
        link[i] = (struct media_v2_link){ .id = LINK(i),
                                          .source_id = INTERFACE(i),
                                          .sink_id = ENTITY(i),
                                          .flags = MEDIA_LNK_FL_INTERFACE_LINK | MEDIA_LNK_FL_ENABLED };
}

/* Asked twice: once for the numbers, then with room for all. */
static int tell_topology(struct node *media, struct media_v2_topology *topology)
{
    struct family family = family_of(media);
    struct media_v2_link *link = (void *)(uintptr_t)topology->ptr_links;
    bool has_sensor = media->kind == UNICAM_MEDIA;
    topology->topology_version = 1;
    topology->num_entities = topology->num_interfaces = topology->num_pads = family.count;
    topology->num_links = family.count + has_sensor;
    for (unsigned i = 0; i < family.count; i++)
        tell_member(family.members[i], i, (void *)(uintptr_t)topology->ptr_entities,
                    (void *)(uintptr_t)topology->ptr_pads, (void *)(uintptr_t)topology->ptr_interfaces, link);
    if (link && has_sensor)
        link[family.count] =
            (struct media_v2_link){ .id = LINK(family.count),
                                    .source_id = PAD(0),
                                    .sink_id = PAD(1),
                                    .flags = MEDIA_LNK_FL_DATA_LINK | MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE };
    return 0;
}

int media_ioctl(struct node *node, unsigned request, void *argument)
{
    switch (request) {
    case (unsigned)MEDIA_IOC_DEVICE_INFO:
        return tell_info(node, argument);
    case (unsigned)MEDIA_IOC_G_TOPOLOGY:
        return tell_topology(node, argument);
    case (unsigned)MEDIA_IOC_SETUP_LINK:
        return 0;
    default:
        return refuse(ENOTTY);
    }
}
