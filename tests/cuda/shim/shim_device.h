/* Device memory, streams and graphs.
 *
 * A device pointer is the address with a bit set that makes it invalid; launches and copies take it away. What is put
 * into a stream waits until the host waits for the stream. Environment: SHIM_DEVICES=0 no device, SHIM_MEMORY=BYTES
 * that the device has, SHIM_FAILING_LAUNCH=K the K-th launch fails, SHIM_AHEAD=K a stream does what it has when that is
 * K, SHIM_COUNT=1 how many launches there were is printed. */
#ifndef SHIM_DEVICE_H
#define SHIM_DEVICE_H
#include <set>
#include <sys/mman.h>

typedef enum cudaError {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorNoDevice = 100,
    cudaErrorInvalidResourceHandle = 400,
    cudaErrorLaunchOutOfResources = 701,
    cudaErrorStreamCaptureUnsupported = 900
} cudaError_t;

enum cudaMemcpyKind {
    cudaMemcpyHostToHost,
    cudaMemcpyHostToDevice,
    cudaMemcpyDeviceToHost,
    cudaMemcpyDeviceToDevice,
    cudaMemcpyDefault
};
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16 };
enum { cudaStreamDefault = 0, cudaStreamNonBlocking = 1 };
enum { cudaHostAllocDefault = 0, cudaHostAllocPortable = 1, cudaHostAllocMapped = 2 };
enum cudaStreamCaptureStatus {
    cudaStreamCaptureStatusNone,
    cudaStreamCaptureStatusActive,
    cudaStreamCaptureStatusInvalidated
};
enum cudaStreamCaptureMode {
    cudaStreamCaptureModeGlobal,
    cudaStreamCaptureModeThreadLocal,
    cudaStreamCaptureModeRelaxed
};

namespace shim
{
/* Something that a stream does; run as often as the stream or graph that holds it says. */
struct work {
    work *next;
    void (*run)(work *w);
    void (*drop)(work *w);
};

struct queue {
    work *first, **last;
    queue() : first(NULL), last(&first)
    {
    }
    void add(work *w)
    {
        w->next = NULL;
        *last = w;
        last = &w->next;
    }
    void run() const
    {
        for (work *w = first; w; w = w->next)
            w->run(w);
    }
    void clear()
    {
        for (work *w = first; w;) {
            work *next = w->next;
            w->drop(w);
            w = next;
        }
        first = NULL;
        last = &first;
    }
};

template <class F> struct work_of : work {
    F f;
    explicit work_of(F g) : f(g)
    {
        run = [](work *w) { ((work_of *)w)->f(); };
        drop = [](work *w) { delete (work_of *)w; };
    }
};

struct allocation {
    char *data;
    size_t bytes, mapped;
    allocation *next;
};
} // namespace shim

struct CUstream_st {
    shim::queue queue;
    shim::queue *captured; /* or NULL */
    size_t waiting;        /* in the queue, where there is a limit */
    CUstream_st *next;
};
struct CUgraph_st {
    shim::queue queue;
};
struct CUevent_st {
    double time;
};
typedef CUstream_st *cudaStream_t;
typedef CUgraph_st *cudaGraph_t, *cudaGraphExec_t;
typedef CUevent_st *cudaEvent_t;

namespace shim
{
static const uintptr_t DEVICE_BIT = (uintptr_t)1 << 54;
enum { PAGE = 4096, ALIGNMENT = 256 };

/* What is left over at the end of the program is an error. */
struct device {
    allocation *allocations;
    CUstream_st default_stream, *streams;
    int graphs, launches;
    size_t used;
    cudaError_t last_error;
    ~device();
};

SHIM_STATE device gpu;

inline device::~device()
{
    if (getenv("SHIM_COUNT"))
        fprintf(stderr, "shim: %d launches\n", launches);
    if (!allocations && !streams && !graphs)
        return;
    fprintf(stderr, "shim: device memory, streams or graphs are left at the end of the program\n");
    abort();
}

static inline cudaError_t report(cudaError_t e)
{
    if (e != cudaSuccess)
        gpu.last_error = e;
    return e;
}

static inline size_t setting(const char *name, size_t otherwise)
{
    const char *s = getenv(name);
    return s ? strtoull(s, NULL, 10) : otherwise;
}

static inline bool is_device(const void *p)
{
    return (uintptr_t)p & DEVICE_BIT;
}

/* Where a kernel or a copy finds it. */
template <class T> T *address(T *p)
{
    return (T *)((uintptr_t)p & ~DEVICE_BIT);
}

template <class T> T kernel_argument(T v)
{
    return v;
}

/* Words of the host's memory that the device may use. */
SHIM_STATE std::set<void *> host_words;

template <class T> T *kernel_argument(T *p)
{
    if (p && host_words.count((void *)(uintptr_t)p))
        return p;
    if (p && !is_device(p))
        fail("a kernel is given a pointer to the host's memory", 0);
    return address(p);
}

static inline cudaStream_t stream_or_default(cudaStream_t s)
{
    return s ? s : &gpu.default_stream;
}

template <class F> void enqueue(cudaStream_t stream, F f)
{
    cudaStream_t s = stream_or_default(stream);
    (s->captured ? *s->captured : s->queue).add(new work_of<F>(f));
    static const size_t most = setting("SHIM_AHEAD", 0);
    if (!s->captured && most > 0 && ++s->waiting >= most) {
        s->queue.run();
        s->queue.clear();
        s->waiting = 0;
    }
}

static inline void finish(cudaStream_t s)
{
    s->queue.run();
    s->queue.clear();
}

static inline void finish_all()
{
    finish(&gpu.default_stream);
    for (CUstream_st *s = gpu.streams; s; s = s->next)
        finish(s);
}

static inline bool is_capturing()
{
    bool any = gpu.default_stream.captured != NULL;
    for (CUstream_st *s = gpu.streams; s; s = s->next)
        any |= s->captured != NULL;
    return any;
}

/* Kernels. */

template <class... P> struct launcher {
    void (*kernel)(P...);
    dim3 blocks, threads;
    cudaStream_t stream;

    void enqueue_call(P... p) const
    {
        auto k = kernel;
        dim3 grid = blocks, block = threads;
        enqueue(stream, [=]() {
            auto call = [=]() { k(p...); };
            run_grid(
                grid, block, [](void *f) { (*(decltype(call) *)f)(); }, &call);
        });
    }

    void operator()(P... p) const
    {
        const uint64_t n = (uint64_t)threads.x * threads.y * threads.z;
        if (++gpu.launches == (int)setting("SHIM_FAILING_LAUNCH", 0))
            report(cudaErrorLaunchOutOfResources);
        else if (n == 0 || n > MAX_THREADS || blocks.x == 0 || blocks.x > 0x7fffffffu || blocks.y - 1 >= 65535u ||
                 blocks.z - 1 >= 65535u)
            report(cudaErrorInvalidConfiguration);
        else
            enqueue_call(kernel_argument(p)...);
    }
};

template <class... P> launcher<P...> launch(void (*kernel)(P...), dim3 blocks, dim3 threads, cudaStream_t stream)
{
    return {kernel, blocks, threads, stream};
}
} // namespace shim

static inline cudaError_t cudaGetLastError()
{
    cudaError_t e = shim::gpu.last_error;
    shim::gpu.last_error = cudaSuccess;
    return e;
}

static inline cudaError_t cudaPeekAtLastError()
{
    return shim::gpu.last_error;
}

static inline const char *cudaGetErrorString(cudaError_t e)
{
    return e == cudaSuccess ? "no error" : e == cudaErrorMemoryAllocation ? "out of memory" : "an error of the shim";
}

static inline cudaError_t cudaGetDeviceCount(int *n)
{
    *n = (int)shim::setting("SHIM_DEVICES", 1);
    return shim::report(*n ? cudaSuccess : cudaErrorNoDevice);
}

static inline cudaError_t cudaGetDevice(int *device)
{
    int n;
    *device = 0;
    return cudaGetDeviceCount(&n);
}

/* 132: that of an H200. */
static inline cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr attribute, int)
{
    int device;
    *value = attribute == cudaDevAttrMultiProcessorCount ? (int)shim::setting("SHIM_MULTIPROCESSORS", 132) : 0;
    return cudaGetDevice(&device);
}

/* Memory. It ends at a page that cannot be touched. */

namespace shim
{
template <class T> cudaError_t allocate(T **out, size_t bytes)
{
    int device;
    if (cudaGetDevice(&device) != cudaSuccess)
        return cudaErrorNoDevice;
    *out = NULL;
    if (bytes == 0)
        return cudaSuccess;
    if (bytes > setting("SHIM_MEMORY", (size_t)1 << 33) || bytes > setting("SHIM_MEMORY", (size_t)1 << 33) - gpu.used)
        return report(cudaErrorMemoryAllocation);
    size_t room = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, pages = (room + PAGE - 1) / PAGE * PAGE;
    char *p = (char *)mmap(NULL, pages + PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED || mprotect(p, pages, PROT_READ | PROT_WRITE) != 0)
        return report(cudaErrorMemoryAllocation);
    memset(p, UNWRITTEN, pages);
    gpu.allocations = new allocation{p + pages - room, bytes, pages + PAGE, gpu.allocations};
    gpu.used += bytes;
    *out = (T *)((uintptr_t)gpu.allocations->data | DEVICE_BIT);
    return cudaSuccess;
}

static inline void release(void *p)
{
    for (allocation **a = &gpu.allocations; *a; a = &(*a)->next)
        if (is_device(p) && (*a)->data == address((char *)p)) {
            allocation *gone = *a;
            *a = gone->next;
            gpu.used -= gone->bytes;
            munmap(gone->data + (gone->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + PAGE - gone->mapped,
                   gone->mapped);
            delete gone;
            return;
        }
    fail("cudaFree of what cudaMalloc did not give", 0);
}

/* Memory of a stream: nobody can use it any more when the stream comes here; a graph has it until it is destroyed. */
struct release_work : work {
    void *p;
    size_t bytes;
    release_work(void *q, size_t n) : p(q), bytes(n)
    {
        run = [](work *w) { memset(address(((release_work *)w)->p), UNWRITTEN, ((release_work *)w)->bytes); };
        drop = [](work *w) {
            release(((release_work *)w)->p);
            delete (release_work *)w;
        };
    }
};

static inline size_t bytes_of(const void *p)
{
    for (const allocation *a = gpu.allocations; a; a = a->next)
        if (is_device(p) && a->data == address((const char *)p))
            return a->bytes;
    fail("cudaFreeAsync of what cudaMallocAsync did not give", 0);
}
} // namespace shim

template <class T> cudaError_t cudaMalloc(T **out, size_t bytes)
{
    return shim::is_capturing() ? shim::report(cudaErrorStreamCaptureUnsupported) : shim::allocate(out, bytes);
}

static inline cudaError_t cudaFree(void *p)
{
    if (!p)
        return cudaSuccess;
    shim::finish_all();
    shim::release(p);
    return cudaSuccess;
}

static inline cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned)
{
    if (shim::is_capturing())
        return shim::report(cudaErrorStreamCaptureUnsupported);
    *out = malloc(bytes);
    if (!*out)
        return shim::report(cudaErrorMemoryAllocation);
    shim::host_words.insert(*out);
    return cudaSuccess;
}

static inline cudaError_t cudaFreeHost(void *p)
{
    shim::host_words.erase(p);
    free(p);
    return cudaSuccess;
}

template <class T> cudaError_t cudaMallocAsync(T **out, size_t bytes, cudaStream_t)
{
    return shim::allocate(out, bytes);
}

static inline cudaError_t cudaFreeAsync(void *p, cudaStream_t stream)
{
    cudaStream_t s = shim::stream_or_default(stream);
    (s->captured ? *s->captured : s->queue).add(new shim::release_work(p, shim::bytes_of(p)));
    return cudaSuccess;
}

namespace shim
{
static inline void check_copy(const void *to, const void *from, cudaMemcpyKind kind)
{
    bool to_device = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_device = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (kind != cudaMemcpyDefault && (to_device != is_device(to) || from_device != is_device(from)))
        fail("a copy's pointers are not where it says", 0);
}
} // namespace shim

static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                                          cudaStream_t stream = 0)
{
    if (bytes == 0)
        return cudaSuccess;
    shim::check_copy(to, from, kind);
    shim::enqueue(stream, [=]() { memcpy(shim::address(to), shim::address(from), bytes); });
    return cudaSuccess;
}

static inline cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream = 0)
{
    if (bytes > 0 && !shim::is_device(to))
        shim::fail("cudaMemset of the host's memory", 0);
    shim::enqueue(stream, [=]() { memset(shim::address(to), value, bytes); });
    return cudaSuccess;
}

/* Waiting. */

static inline cudaError_t cudaDeviceSynchronize()
{
    if (shim::is_capturing())
        return shim::report(cudaErrorStreamCaptureUnsupported);
    shim::finish_all();
    return cudaSuccess;
}

static inline cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    cudaStream_t s = shim::stream_or_default(stream);
    if (s->captured)
        return shim::report(cudaErrorStreamCaptureUnsupported);
    shim::finish(s);
    return cudaSuccess;
}

static inline cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind)
{
    cudaError_t e = cudaMemcpyAsync(to, from, bytes, kind, 0);
    return e == cudaSuccess ? cudaDeviceSynchronize() : e;
}

static inline cudaError_t cudaMemset(void *to, int value, size_t bytes)
{
    return cudaMemsetAsync(to, value, bytes, 0);
}

/* Streams. */

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned)
{
    int device;
    *stream = NULL;
    if (cudaGetDevice(&device) != cudaSuccess)
        return cudaErrorNoDevice;
    *stream = new CUstream_st{};
    (*stream)->next = shim::gpu.streams;
    shim::gpu.streams = *stream;
    return cudaSuccess;
}

static inline cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
    return cudaStreamCreateWithFlags(stream, cudaStreamDefault);
}

static inline cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    for (CUstream_st **s = &shim::gpu.streams; *s; s = &(*s)->next)
        if (*s == stream) {
            shim::finish(stream);
            *s = stream->next;
            delete stream;
            return cudaSuccess;
        }
    return shim::report(cudaErrorInvalidResourceHandle);
}

/* Graphs: a stream's work, kept. An instance is the graph itself, with an owner more. */

static inline cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus *status)
{
    const bool captured = shim::stream_or_default(stream)->captured != NULL;
    *status = captured ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    return cudaSuccess;
}

static inline cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode)
{
    if (!stream || stream->captured)
        return shim::report(cudaErrorStreamCaptureUnsupported);
    stream->captured = new shim::queue;
    return cudaSuccess;
}

static inline cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    *graph = new CUgraph_st;
    for (shim::work *w = stream->captured->first, *next; w; w = next) {
        next = w->next;
        (*graph)->queue.add(w);
    }
    delete stream->captured;
    stream->captured = NULL;
    shim::gpu.graphs++;
    return cudaSuccess;
}

static inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long = 0)
{
    *exec = graph;
    return cudaSuccess;
}

static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    shim::enqueue(stream, [=]() { exec->queue.run(); });
    return cudaSuccess;
}

static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t)
{
    shim::finish_all();
    return cudaSuccess;
}

static inline cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    shim::finish_all();
    graph->queue.clear();
    delete graph;
    shim::gpu.graphs--;
    return cudaSuccess;
}

#endif
