/* Times one function of a shared library, in a process of its own so that threads and peak memory are its own.
 *
 *     driver LIBRARY ENTRY SIZES INPUTS OUTPUTS RUNS SECONDS
 *
 * ENTRY is MODULE:FUNCTION of a library that adc made, or the name of a C function with ad_function's calling
 * convention (then ENTRY_workspace, where it exists, tells its memory). SIZES are integers, INPUTS files of raw data,
 * OUTPUTS FILE=BYTES or - for a result that is not wanted; each is a list with commas, empty as ''. The first call
 * warms up and its results are written; then the calls are timed until there are RUNS of them, or SECONDS have passed
 * and there are 3. Calls under a millisecond are timed in batches. With OMP_NUM_THREADS=1 the process's CPU time is
 * taken, which other processes do not lengthen, else elapsed time. One JSON object goes to stdout. With RUNS = 0
 * nothing is called, only the workspace is told; with RUNS < 0 there is only the first call. Exit status 1 and a line
 * on stderr on failure. */
#define _POSIX_C_SOURCE 200809L
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <adc/runtime.h>

enum { MOST = 64, MOST_RUNS = 1000 };

typedef ad_status call_function(const int64_t *, const void *const *, void *const *, void *, size_t);
typedef size_t workspace_function(const int64_t *, const void *const *);

typedef struct job {
    call_function *call;
    workspace_function *memory;
    int64_t sizes[MOST];
    const void *in[MOST];
    void *out[MOST];
    size_t out_bytes[MOST];
    const char *out_file[MOST];
    int outputs;
    void *workspace;
    size_t workspace_size;
} job;

static void fail(const char *what, const char *which)
{
    fprintf(stderr, "driver: %s: %s\n", what, which);
    exit(1);
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long peak_kilobytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void *aligned(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p)
        fail("no memory", "aligned_alloc");
    return p;
}

static const void *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END))
        fail("cannot read", path);
    size_t bytes = (size_t)ftell(f);
    rewind(f);
    void *data = aligned(bytes);
    if (fread(data, 1, bytes, f) != bytes)
        fail("cannot read", path);
    fclose(f);
    return data;
}

static void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, bytes, f) != bytes || fclose(f))
        fail("cannot write", path);
}

/* The next item of the comma list *rest, or NULL at its end. */
static char *next_item(char **rest)
{
    if (!**rest)
        return NULL;
    char *item = *rest, *comma = strchr(item, ',');
    *rest = comma ? comma + 1 : item + strlen(item);
    if (comma)
        *comma = 0;
    return item;
}

static void *symbol(void *library, const char *name)
{
    void *address = dlsym(library, name);
    if (!address)
        fail("no such symbol", name);
    return address;
}

static void find_entry(job *j, void *library, char *entry)
{
    char *colon = strchr(entry, ':'), name[256];
    if (!colon) {
        *(void **)&j->call = symbol(library, entry);
        snprintf(name, sizeof name, "%s_workspace", entry);
        *(void **)&j->memory = dlsym(library, name);
        return;
    }
    *colon = 0;
    const ad_module *module = symbol(library, entry);
    for (int32_t i = 0; i < module->function_count; i++) {
        if (strcmp(module->functions[i].name, colon + 1) == 0) {
            j->call = module->functions[i].call;
            j->memory = module->functions[i].workspace;
            return;
        }
    }
    fail("no such function", colon + 1);
}

static void read_lists(job *j, char *sizes, char *inputs, char *outputs)
{
    int n = 0;
    for (char *s; n < MOST && (s = next_item(&sizes));)
        j->sizes[n++] = strtoll(s, NULL, 10);
    n = 0;
    for (char *s; n < MOST && (s = next_item(&inputs));)
        j->in[n++] = read_file(s);
    for (char *s; j->outputs < MOST && (s = next_item(&outputs)); j->outputs++) {
        char *equals = strchr(s, '=');
        if (!equals)
            continue;
        *equals = 0;
        j->out_file[j->outputs] = s;
        size_t bytes = j->out_bytes[j->outputs] = (size_t)strtoull(equals + 1, NULL, 10);
        j->out[j->outputs] = memset(aligned(bytes), 0x7f, bytes);
    }
}

static void call(const job *j)
{
    ad_status status = j->call(j->sizes, j->in, j->out, j->workspace, j->workspace_size);
    if (status != AD_OK) {
        fprintf(stderr, "driver: status %d, argument %d\n", AD_STATUS_CODE(status), AD_STATUS_ARG(status));
        exit(1);
    }
}

/* Seconds per call of a batch, by the given clock. */
static double sample(const job *j, int batch, clockid_t clock)
{
    double begin = now(clock);
    for (int i = 0; i < batch; i++)
        call(j);
    return (now(clock) - begin) / batch;
}

int main(int argc, char **argv)
{
    static job j;
    if (argc != 8)
        fail("usage", "driver LIBRARY ENTRY SIZES INPUTS OUTPUTS RUNS SECONDS");
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library)
        fail("cannot load", dlerror());
    find_entry(&j, library, argv[2]);
    read_lists(&j, argv[3], argv[4], argv[5]);
    int runs = atoi(argv[6]);
    const char *threads = getenv("OMP_NUM_THREADS");
    clockid_t clock = threads && strcmp(threads, "1") == 0 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    double seconds = atof(argv[7]);

    if (j.memory)
        j.workspace_size = j.memory(j.sizes, j.in);
    if (j.workspace_size == SIZE_MAX)
        fail("sizes are impossible", argv[3]);
    if (runs == 0) {
        printf("{\"workspace\": %zu}\n", j.workspace_size);
        return 0;
    }
    j.workspace = aligned(j.workspace_size);
    double first = sample(&j, 1, CLOCK_MONOTONIC);
    for (int i = 0; i < j.outputs; i++)
        if (j.out[i])
            write_file(j.out_file[i], j.out[i], j.out_bytes[i]);

    printf("{\"workspace\": %zu, \"first\": %.9g, \"times\": [", j.workspace_size, first);
    if (runs > 0 && first < 1e-3)
        first = sample(&j, 3, clock);
    int batch = first < 1e-3 ? (int)(1e-3 / (first + 1e-9)) + 1 : 1;
    double begin = now(CLOCK_MONOTONIC);
    for (int i = 0; i < runs && i < MOST_RUNS && (i < 3 || now(CLOCK_MONOTONIC) - begin < seconds); i++)
        printf("%s%.9g", i ? ", " : "", sample(&j, batch, clock));
    printf("], \"peak\": %ld}\n", peak_kilobytes() * 1024);
    return 0;
}
