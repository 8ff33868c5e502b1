/* The sensor at work: frame after frame, each exposed as its registers were, and received by unicam. */
#ifndef EXPOSING_H
#define EXPOSING_H

struct camera;

/* Both hold the machine's lock; stopping gives it up meanwhile. */
void exposing_start(struct camera *camera);
void exposing_stop(struct camera *camera);

#endif
