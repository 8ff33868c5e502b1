/* The registers of a sensor, as V4L2 controls, and how they bound each other. */
#ifndef SENSOR_CONTROLS_H
#define SENSOR_CONTROLS_H

#include <stdint.h>

struct camera;
struct latch;

void sensor_controls_make(struct camera *camera);
void sensor_set_mode(struct camera *camera, unsigned mode, uint32_t code);

/* What the registers hold now. */
struct latch sensor_registers(const struct camera *camera);

#endif
