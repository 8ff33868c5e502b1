#include "developing.h"

#include "clock.h"
#include "faults.h"
#include "isp_controls.h"
#include "machine.h"
#include "paint.h"
#include "statistics.h"

#define OUTPUTS 3
#define SLOW_MS 300

static const enum node_kind outputs[OUTPUTS] = { ISP_MAIN, ISP_SMALL, ISP_STATISTICS };

/* All that is needed to work without the lock. */
struct job {
    struct frame frame;
    struct recipe recipe;
    struct rectangle view;
    unsigned input, input_round;
    struct {
        struct node *node;
        unsigned index, round;
        struct v4l2_pix_format format;
        struct mapping memory;
        bool is_mapped;
    } output[OUTPUTS];
};

static bool may_begin(struct camera *camera)
{
    const struct queue *input = &node_of(camera, ISP_INPUT)->queue;
    bool ready = input->streaming && input->waiting_count;
    for (unsigned i = 0; i < OUTPUTS; i++) {
        const struct queue *queue = &node_of(camera, outputs[i])->queue;
        ready = ready && queue->streaming && queue->waiting_count;
    }
    return ready && !fault(camera->index, "hang-isp");
}

/* The ISP's crop, as part of the picture that comes in. */
static struct rectangle view_of(const struct node *input)
{
    double width = input->format.width, height = input->format.height;
    if (!input->crop.width || !input->crop.height)
        return (struct rectangle){ 0, 0, 1, 1 };
    return (struct rectangle){ input->crop.left / width, input->crop.top / height, input->crop.width / width,
                               input->crop.height / height };
}

/* A frozen camera goes on with the last picture, as some do, and nothing else gives that away. */
static struct frame frame_in(struct camera *camera, int memory)
{
    struct mapping mapping;
    if (!fault(camera->index, "frozen") && memory_map(memory, &mapping)) {
        camera->developed = mapping.label->frame;
        memory_unmap(&mapping);
    }
    return camera->developed;
}

static void begin(struct camera *camera, struct job *job)
{
    struct node *input = node_of(camera, ISP_INPUT);
    job->input = queue_take(&input->queue);
    job->input_round = input->queue.round;
    job->frame = frame_in(camera, input->queue.buffers[job->input].memory);
    job->recipe = isp_recipe(camera);
    job->view = view_of(input);
    for (unsigned i = 0; i < OUTPUTS; i++) {
        struct node *node = node_of(camera, outputs[i]);
        job->output[i].node = node;
        job->output[i].index = queue_take(&node->queue);
        job->output[i].round = node->queue.round;
        job->output[i].format = node->format;
        /* Mapped now: the user may let go of the buffer as soon as the lock is free. */
        job->output[i].is_mapped = memory_map(node->queue.buffers[job->output[i].index].memory, &job->output[i].memory);
    }
}

static void develop_outputs(const struct camera *camera, struct job *job)
{
    struct picture picture;
    for (unsigned i = 0; i < OUTPUTS; i++) {
        const struct v4l2_pix_format *format = &job->output[i].format;
        struct mapping *memory = &job->output[i].memory;
        if (!job->output[i].is_mapped)
            continue;
        if (outputs[i] == ISP_STATISTICS) {
            statistics_fill((struct bcm2835_isp_stats *)memory->data, &job->frame, camera->sensor);
        } else {
            picture_make(&picture, &job->frame, camera->sensor, job->view, format->width, format->height, isp_develop,
                         &job->recipe);
            paint(memory, format, &picture, job->frame.scene.noise);
        }
        memory_unmap(memory);
    }
}

static void finish(struct camera *camera, const struct job *job)
{
    struct queue *input = &node_of(camera, ISP_INPUT)->queue;
    struct finished finished = { .sequence = job->frame.sequence, .taken_ns = mono_ns() };
    for (unsigned i = 0; i < OUTPUTS; i++) {
        struct node *node = job->output[i].node;
        finished.index = job->output[i].index;
        finished.used =
            node->kind == ISP_STATISTICS ? sizeof(struct bcm2835_isp_stats) : job->output[i].format.sizeimage;
        if (node->queue.round == job->output[i].round)
            queue_give(&node->queue, &finished);
    }
    finished.index = job->input;
    finished.used = 0;
    if (input->round == job->input_round)
        queue_give(input, &finished);
}

static void be_slow(struct camera *camera)
{
    if (!fault(camera->index, "slow"))
        return;
    uint64_t until_ns = mono_ns() + (uint64_t)knob(camera->index, "slow", SLOW_MS) * NS_PER_MS;
    while (!camera->developing.stopping && mono_ns() < until_ns)
        worker_sleep(&camera->developing, until_ns);
}

static void *work(void *argument)
{
    struct camera *camera = argument;
    struct job job;
    machine_lock();
    while (!camera->developing.stopping) {
        if (!may_begin(camera)) {
            /* Woken for each buffer; looked at from time to time as well, since nobody tells that a fault has gone. */
            worker_sleep(&camera->developing, mono_ns() + 50 * NS_PER_MS);
            continue;
        }
        begin(camera, &job);
        machine_unlock();
        develop_outputs(camera, &job);
        machine_lock();
        be_slow(camera);
        finish(camera, &job);
    }
    machine_unlock();
    return NULL;
}

void developing_start(struct camera *camera)
{
    worker_start(&camera->developing, work, camera);
}

void developing_stop(struct camera *camera)
{
    worker_stop(&camera->developing);
}

void developing_wake(struct camera *camera)
{
    pthread_cond_broadcast(&camera->developing.wake);
}
