/* The rig's directory, $CAMERA_RIG_DIR: which faults are on, and what is in front of the lens.
 *
 * A fault is a file that is there or not, a knob a file with a number in it. Either may come and go at any time, from
 * any process, and is looked at whenever it matters: nothing is remembered. NAME is for every camera, NAME.1 for the
 * second alone. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* The directory. Follows a change of the environment, so that each test may have a fresh one. */
const char *rig_directory(void);

/* Writes "DIRECTORY/rest" and returns it. */
const char *rig_path(char *path, size_t size, const char *rest);

bool fault(unsigned camera, const char *name);
double knob(unsigned camera, const char *name, double otherwise);

#endif
