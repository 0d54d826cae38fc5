/* Threads of a block as fibers of one processor's thread.
 *
 * A fiber runs one thread after the other until one of them has to wait; then another fiber goes on. So a kernel
 * without barriers is a plain loop in a single fiber. Nothing is locked, as switches happen in suspend() only. */
#ifndef SHIM_FIBERS_H
#define SHIM_FIBERS_H
#include <sys/mman.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace shim
{
enum { STACK_BYTES = 256 * 1024, GUARD_BYTES = 64 * 1024 };

/* Contexts: saving this one and going on with another. */
#ifdef __x86_64__

typedef void *context;

/* Registers that a call keeps are pushed; the rest the compiler has saved. */
static __attribute__((naked, noinline)) void switch_context(context *, context)
{
    asm("pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
        "movq %rsp, (%rdi)\n movq %rsi, %rsp\n"
        "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n retq\n");
}

static inline context new_context(char *stack, void (*start)())
{
    void **top = (void **)(stack + STACK_BYTES) - 1;
    *top = NULL;
    *--top = (void *)start;
    return top - 6;
}

#else

typedef ucontext_t *context;

static inline void switch_context(context *save, context to)
{
    ucontext_t here;
    *save = &here;
    swapcontext(&here, to);
}

static inline context new_context(char *stack, void (*start)())
{
    ucontext_t *c = (ucontext_t *)stack;
    getcontext(c);
    c->uc_stack.ss_sp = stack + sizeof *c;
    c->uc_stack.ss_size = STACK_BYTES - sizeof *c;
    c->uc_link = NULL;
    makecontext(c, start, 0);
    return c;
}

#endif

struct fiber_thread {
    bool is_done;
    group *in; /* where it waits; NULL: it runs */
    unsigned seen;
    context at;
    char *stack;
};

struct fibers {
    fiber_thread threads[MAX_THREADS];
    char *stacks[MAX_THREADS + 1]; /* free ones */
    int free_stacks, made_stacks;
    char *stack; /* of the fiber that runs */
    int started; /* threads of the block */
    context home;
};

SHIM_STATE fibers all_fibers;

/* Nothing to lock. */
struct locked {
    locked()
    {
    }
};

static inline void wake()
{
}

static inline char *take_stack()
{
    fibers &f = all_fibers;
    if (f.free_stacks > 0)
        return f.stacks[--f.free_stacks];
    char *p =
        (char *)mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE) != 0)
        fail("no memory for stacks", 0);
    return p + GUARD_BYTES;
}

/* Starts the threads of a block in order, in every other block with the last one first: 255, 0, 1, 2, ... */
static inline int start_thread()
{
    fibers &f = all_fibers;
    int k = f.started++ - (int)(blockIdx.x % 2);
    k = k < 0 ? now.count - 1 : k;
    f.threads[k].is_done = false;
    f.threads[k].in = NULL;
    set_thread(k);
    return k;
}

/* The next thread that can go on, around from the present one; -1: there is none. */
static inline int next_thread()
{
    for (int i = 1; i <= now.count; i++) {
        int k = rank + i < now.count ? rank + i : rank + i - now.count;
        const fiber_thread &t = all_fibers.threads[k];
        if (!t.is_done && t.in->opened != t.seen)
            return k;
    }
    return -1;
}

static inline void leave();
static void run_fiber();

static inline void start_fiber(context *save)
{
    fibers &f = all_fibers;
    f.stack = take_stack();
    switch_context(save, new_context(f.stack, run_fiber));
}

/* Goes on with a thread that waited. */
static inline void resume(int k, context *save)
{
    fibers &f = all_fibers;
    if (k < 0)
        fail("all threads wait, and not for the same thing", now.all.line);
    set_thread(k);
    f.stack = f.threads[k].stack;
    switch_context(save, f.threads[k].at);
}

static inline void suspend(group *g)
{
    fibers &f = all_fibers;
    const int mine = rank;
    fiber_thread &t = f.threads[mine];
    t.in = g;
    t.seen = g->opened;
    t.stack = f.stack;
    if (f.started < now.count)
        start_fiber(&t.at);
    else
        resume(next_thread(), &t.at);
    t.in = NULL;
    set_thread(mine);
}

/* What a fiber does: threads that have not started; at last it gives its stack away and never returns. */
static void run_fiber()
{
    fibers &f = all_fibers;
    while (f.started < now.count) {
        int k = start_thread();
        now.body(now.data);
        leave();
        f.threads[k].is_done = true;
    }
    context unused;
    f.stacks[f.free_stacks++] = f.stack;
    if (now.all.left == now.count)
        switch_context(&unused, f.home);
    resume(next_thread(), &unused);
}

static inline void run_block()
{
    all_fibers.started = 0;
    start_fiber(&all_fibers.home);
}
} // namespace shim

#endif
