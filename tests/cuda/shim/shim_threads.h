/* Threads of a block as threads of the operating system, for ThreadSanitizer and AddressSanitizer: a missing barrier is
 * a data race that they see. One mutex guards all that the threads of a block share here. */
#ifndef SHIM_THREADS_H
#define SHIM_THREADS_H
#include <pthread.h>

namespace shim
{
SHIM_STATE pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
SHIM_STATE pthread_cond_t opened = PTHREAD_COND_INITIALIZER;

struct locked {
    locked()
    {
        pthread_mutex_lock(&mutex);
    }
    ~locked()
    {
        pthread_mutex_unlock(&mutex);
    }
};

static inline void wake()
{
    pthread_cond_broadcast(&opened);
}

static inline void suspend(group *)
{
    pthread_cond_wait(&opened, &mutex);
}

static inline void leave();

static inline void *run_thread(void *number)
{
    set_thread((int)(intptr_t)number);
    now.body(now.data);
    leave();
    return NULL;
}

static inline void run_block()
{
    pthread_t threads[MAX_THREADS];
    for (int i = 0; i < now.count; i++)
        if (pthread_create(&threads[i], NULL, run_thread, (void *)(intptr_t)i) != 0)
            fail("a thread cannot be started", 0);
    for (int i = 0; i < now.count; i++)
        pthread_join(threads[i], NULL);
}
} // namespace shim

#endif
