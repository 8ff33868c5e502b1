/* The ISP at work: a raw frame in, two finished pictures and the statistics out. */
#ifndef DEVELOPING_H
#define DEVELOPING_H

struct camera;

/* All hold the machine's lock; stopping gives it up meanwhile. */
void developing_start(struct camera *camera);
void developing_stop(struct camera *camera);
/* There may be something to do. */
void developing_wake(struct camera *camera);

#endif
