/* Running the threads of a block, and where they meet.
 *
 * A group is what threads wait in: the block at __syncthreads(), a warp in its collectives. shim_meet counts those who
 * come; the last one opens it. Threads that have left, or wait elsewhere, are found then. How a thread waits is all in
 * which fibers and threads differ (shim_fibers.h, shim_threads.h). */
#ifndef SHIM_BLOCK_H
#define SHIM_BLOCK_H

SHIM_STATE dim3 blockDim, gridDim;
SHIM_STATE uint3 blockIdx;
static const int warpSize = 32;

namespace shim
{
enum { WARP = 32, MAX_THREADS = 1024 };

#ifdef SHIM_THREADS
#define SHIM_OWN SHIM_STATE thread_local
#else
#define SHIM_OWN SHIM_STATE
#endif

SHIM_OWN uint3 thread_index;
SHIM_OWN int rank; /* of the thread in its block */

[[noreturn]] static inline void fail(const char *what, int line)
{
    fprintf(stderr, "shim: %s", what);
    if (line)
        fprintf(stderr, " (line %d)", line);
    fprintf(stderr, ", thread %d of block %u\n", rank, blockIdx.x);
    abort();
}

struct group {
    int waiting;
    int left;      /* threads that have ended */
    int line;      /* where they wait */
    unsigned mask; /* who meets, in a warp */
    unsigned opened;
};

/* A warp's values in a collective; two sets, as some threads may still read the last ones. */
struct warp {
    group g;
    unsigned ended; /* a bit for each */
    alignas(16) char values[2][WARP][16];
};

struct block {
    int count;
    void (*body)(void *data);
    void *data;
    bool is_filled; /* the shared memory, and no threads have met since */
    group all;
    warp warps[MAX_THREADS / WARP];
};

SHIM_STATE block now;

static inline void set_thread(int k)
{
    rank = k;
    unsigned u = (unsigned)k;
    if (u < blockDim.x)
        thread_index = {u, 0, 0};
    else
        thread_index = {u % blockDim.x, u / blockDim.x % blockDim.y, u / (blockDim.x * blockDim.y)};
}

static inline warp &my_warp()
{
    return now.warps[rank / WARP];
}

/* Threads of the warp that the block has, a bit for each. */
static inline unsigned existing(int warp)
{
    int n = now.count - warp * WARP;
    return n >= WARP ? ~0u : (1u << n) - 1;
}
} // namespace shim

#define threadIdx shim::thread_index

#ifdef SHIM_THREADS
#include "shim_threads.h"
#else
#include "shim_fibers.h"
#endif

namespace shim
{
/* Waits until `expected` threads have come; the lock is held. */
static inline void meet(group &g, int expected, int line)
{
    if (g.waiting > 0 && g.line != line)
        fail("threads wait in different places", line);
    g.line = line;
    now.is_filled = false;
    if (++g.waiting == expected) {
        g.waiting = 0;
        g.opened++;
        wake();
        return;
    }
    for (unsigned seen = g.opened; g.opened == seen;)
        suspend(&g);
}

/* At the end of a thread. */
static inline void leave()
{
    locked own;
    warp &w = my_warp();
    if (now.all.waiting > 0)
        fail("a thread ends while others wait at a barrier", now.all.line);
    if (w.g.waiting > 0 && w.g.mask >> (rank % WARP) & 1)
        fail("a thread ends while others of its warp wait for it", w.g.line);
    w.ended |= 1u << rank % WARP;
    now.all.left++;
}

static inline void reset_block()
{
    now.all = {};
    for (int i = 0; i * WARP < now.count; i++) {
        now.warps[i].g = {};
        now.warps[i].ended = 0;
    }
}

extern "C" __attribute__((weak, visibility("hidden"))) char __start_shim_shared[], __stop_shim_shared[];

/* What memory holds that nobody has written: NaN, or an index far out of range. Shared memory is filled again after a
 * block in which threads have met, because others have no use for it. */
enum { UNWRITTEN = 0xff };

static inline void start_block(dim3 grid, uint64_t k)
{
    blockIdx = {(unsigned)(k % grid.x), (unsigned)(k / grid.x % grid.y), (unsigned)(k / grid.x / grid.y)};
    reset_block();
    if (__start_shim_shared && !now.is_filled)
        memset(__start_shim_shared, UNWRITTEN, (size_t)(__stop_shim_shared - __start_shim_shared));
    now.is_filled = true;
}

/* Every thread of every block calls body(data). SHIM_REVERSE: the last block first. */
static void run_grid(dim3 grid, dim3 threads, void (*body)(void *data), void *data)
{
    static const bool is_reverse = getenv("SHIM_REVERSE") != NULL;
    const uint64_t n = (uint64_t)grid.x * grid.y * grid.z;
    gridDim = grid;
    blockDim = threads;
    now.count = (int)(threads.x * threads.y * threads.z);
    now.body = body;
    now.data = data;
    for (uint64_t i = 0; i < n; i++) {
        start_block(grid, is_reverse ? n - 1 - i : i);
        run_block();
    }
}
} // namespace shim

static inline void __syncthreads(int line = __builtin_LINE())
{
    shim::locked own;
    if (shim::now.all.left > 0)
        shim::fail("a thread waits at a barrier, but others have ended", line);
    shim::meet(shim::now.all, shim::now.count, line);
}

static inline void __threadfence()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void __threadfence_block()
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
