#include "clock.h"
#include "machine.h"

void worker_sleep(struct worker *worker, uint64_t until_ns)
{
    struct timespec until = timespec_of(until_ns);
    pthread_cond_clockwait(&worker->wake, &machine()->lock, CLOCK_MONOTONIC, &until);
}

void worker_start(struct worker *worker, void *(*work)(void *camera), struct camera *camera)
{
    if (worker->running)
        return;
    worker->stopping = false;
    worker->running = pthread_create(&worker->thread, NULL, work, camera) == 0;
}

void worker_stop(struct worker *worker)
{
    if (!worker->running)
        return;
    worker->stopping = true;
    pthread_cond_broadcast(&worker->wake);
    machine_unlock();
    pthread_join(worker->thread, NULL);
    machine_lock();
    worker->running = false;
}
