/* What is put in front of the C library. */
#ifndef INTERCEPT_H
#define INTERCEPT_H

#define INTERCEPT __attribute__((visibility("default")))

#endif
