/* What the ISP counted in a frame: libcamera's exposure control and white balance live on it. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include <linux/bcm2835-isp.h>

#include "memory.h"
#include "sensor.h"

void statistics_fill(struct bcm2835_isp_stats *statistics, const struct frame *frame, const struct sensor *sensor);

#endif
