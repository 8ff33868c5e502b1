/* Waiting for our devices: each entry of one is answered by the eventfds that count what it has. */
#include <poll.h>
#include <stdlib.h>

#include "answer.h"
#include "clock.h"
#include "descriptors.h"
#include "intercept.h"
#include "machine.h"
#include "real.h"

#define ON_STACK 64

/* One entry of what the kernel is asked, and which entry of the caller it is for. */
struct question {
    nfds_t entry;
    short told; /* what to tell when it is ready; 0: what the kernel says */
};

struct questions {
    nfds_t count;
    struct pollfd *asked;
    struct question *why;
};

static void ask(struct questions *questions, nfds_t entry, int descriptor, short events, short told)
{
    questions->asked[questions->count] = (struct pollfd){ .fd = descriptor, .events = events };
    questions->why[questions->count] = (struct question){ .entry = entry, .told = told };
    questions->count++;
}

static void ask_about(struct questions *questions, const struct pollfd *entries, nfds_t i)
{
    const struct pollfd *entry = &entries[i];
    struct node *node = descriptor_node(entry->fd);
    if (!node) {
        ask(questions, i, entry->fd, entry->events, 0);
        return;
    }
    short data = entry->events & (POLLIN | POLLOUT);
    if (data)
        ask(questions, i, node->queue.ready, POLLIN, data);
    if (entry->events & POLLPRI)
        ask(questions, i, node->camera->frame_sync.ready, POLLIN, POLLPRI);
}

static int answer(const struct questions *questions, struct pollfd *entries, nfds_t count)
{
    int ready = 0;
    for (nfds_t i = 0; i < count; i++)
        entries[i].revents = 0;
    for (nfds_t i = 0; i < questions->count; i++)
        if (questions->asked[i].revents) {
            short told = questions->why[i].told;
            entries[questions->why[i].entry].revents |= told ? told : questions->asked[i].revents;
        }
    for (nfds_t i = 0; i < count; i++)
        ready += entries[i].revents != 0;
    return ready;
}

static int poll_ours(struct pollfd *entries, nfds_t count, const struct timespec *timeout, const sigset_t *signals)
{
    struct pollfd few[2 * ON_STACK];
    struct question why_few[2 * ON_STACK];
    struct questions questions = { .asked = few, .why = why_few };
    if (count > ON_STACK)
        return refuse(EINVAL);
    for (nfds_t i = 0; i < count; i++)
        ask_about(&questions, entries, i);
    int result = real()->ppoll(questions.asked, questions.count, timeout, signals);
    return result > 0 ? answer(&questions, entries, count) : result;
}

INTERCEPT int ppoll(struct pollfd *entries, nfds_t count, const struct timespec *timeout, const sigset_t *signals)
{
    for (nfds_t i = 0; i < count; i++)
        if (descriptor_node(entries[i].fd))
            return poll_ours(entries, count, timeout, signals);
    return real()->ppoll(entries, count, timeout, signals);
}

INTERCEPT int poll(struct pollfd *entries, nfds_t count, int timeout_ms)
{
    struct timespec timeout = timespec_of(timeout_ms > 0 ? (uint64_t)timeout_ms * NS_PER_MS : 0);
    return ppoll(entries, count, timeout_ms < 0 ? NULL : &timeout, NULL);
}

INTERCEPT int __poll_chk(struct pollfd *entries, nfds_t count, int timeout_ms, size_t size);
INTERCEPT int __poll_chk(struct pollfd *entries, nfds_t count, int timeout_ms, size_t size)
{
    (void)size;
    return poll(entries, count, timeout_ms);
}

INTERCEPT int __ppoll_chk(struct pollfd *entries, nfds_t count, const struct timespec *timeout, const sigset_t *signals,
                          size_t size);
INTERCEPT int __ppoll_chk(struct pollfd *entries, nfds_t count, const struct timespec *timeout, const sigset_t *signals,
                          size_t size)
{
    (void)size;
    return ppoll(entries, count, timeout, signals);
}
