/* adc runtime: all that generated code and its callers share. See docs/c-api.md.
 *
 * Status: an int32_t; bits 0-7 the code, bits 8-15 the argument's index (into ad_function.args) where the code is about
 * one, bits 16-30 the number of the rule that was broken (ad_status_rule), where there is one. AD_OK is 0. */
#ifndef ADC_RUNTIME_H
#define ADC_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AD_ABI 3

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t ad_status;

/* A cudaStream_t, in headers that do without CUDA's; NULL: the default stream. */
typedef void *ad_stream;

enum {
    AD_OK = 0,
    AD_NULL = 1,      /* a required pointer is NULL */
    AD_SIZE = 2,      /* a size is negative, too large, or does not fit the others */
    AD_INDEX = 3,     /* an index is out of range */
    AD_WORKSPACE = 4, /* the workspace given is too small */
    AD_MEMORY = 5,    /* the runtime could not allocate a workspace */
    AD_NUMERIC = 6,   /* a solver failed or did not converge; results are NaN */
    AD_DEVICE = 7     /* the GPU reported an error */
};

#define AD_STATUS(code, arg) ((ad_status)((code) | ((int32_t)(arg) << 8)))
#define AD_STATUS_OF_RULE(code, arg, rule) ((ad_status)(AD_STATUS(code, arg) | ((int32_t)(rule) << 16)))
#define AD_STATUS_CODE(status) ((int)((uint32_t)(status)&0xff))
#define AD_STATUS_ARG(status) ((int)(((uint32_t)(status) >> 8) & 0xff))
#define AD_STATUS_RULE(status) ((int)((uint32_t)(status) >> 16)) /* 0: none */

/* One line of English for the code; never NULL. */
const char *ad_status_string(ad_status status);

/* What a workspace == NULL call uses: 64-byte aligned, uninitialised; NULL when there is no memory. */
void *ad_allocate(size_t bytes);
void ad_release(void *p);

typedef enum ad_type { AD_F32, AD_F64, AD_INT64, AD_BOOL } ad_type;
typedef enum ad_role { AD_INPUT, AD_RESULT, AD_GRADIENT } ad_role;

typedef struct ad_argument {
    const char *name;
    ad_role role;
    ad_type type;
    int32_t rank;               /* 0: passed by value when an input, [1] when a result */
    const char *const *extents; /* [rank], as text in the size names: "N", "2*H" */
    int32_t gradient_of;        /* AD_GRADIENT: index into args of the input; else -1 */
    int32_t differentiable;     /* inputs: 1 when it is of a floating type */
} ad_argument;

/* Something that must hold of sizes or subscripts. */
typedef struct ad_rule {
    const char *where; /* "model.ad:7"; "" where no line asks for it */
    const char *text;  /* in the model's names: "the number of passes must not be negative: T >= 2" */
} ad_rule;

typedef struct ad_function {
    const char *name; /* without prefix and suffix: "hamiltonian_grad" */
    const char *doc;
    int32_t size_count;
    const char *const *sizes;
    int32_t arg_count; /* inputs, then results and gradients, in the order of the C function */
    const ad_argument *args;
    /* Values of extents of argument arg: out[rank]. */
    void (*extents)(int32_t arg, const int64_t *sizes, const void *const *in, int64_t *out);
    /* Bytes of workspace, SIZE_MAX when the sizes are impossible. in: one pointer per input, read only for int scalars
     * that the memory depends on; may be NULL when workspace_args is 0. */
    size_t (*workspace)(const int64_t *sizes, const void *const *in);
    int32_t workspace_args; /* number of int inputs that the workspace depends on */
    /* in: one pointer per input (scalars too), out: one per result, each may be NULL (not wanted). */
    ad_status (*call)(const int64_t *sizes, const void *const *in, void *const *out, void *workspace,
                      size_t workspace_size);
    const char *primal; /* for "f_grad": "f"; else NULL */
    /* On a GPU: as call, but tensors, results and workspace (workspace(...) bytes) are in the device's memory; returns
     * when the work is in the stream. NULL in modules for the CPU. */
    ad_status (*enqueue)(const int64_t *sizes, const void *const *in, void *const *out, void *workspace,
                         size_t workspace_size, ad_stream stream);
    int32_t rule_count;
    const ad_rule *rules; /* what AD_SIZE and AD_INDEX can be about */
} ad_function;

/* The rule that a call of f with this status broke; NULL: the status tells none. */
const ad_rule *ad_status_rule(const ad_function *f, ad_status status);

/* The GPU that a module computes on, for those who have no CUDA themselves. */
typedef struct ad_device {
    const char *(*problem)(void);    /* why nothing can run, in English: there is no GPU, ...; NULL: there is none */
    void *(*allocate)(size_t bytes); /* NULL: there is not so much memory */
    void (*release)(void *p);
    ad_status (*copy_in)(void *device, const void *host, size_t bytes);
    ad_status (*copy_out)(void *host, const void *device, size_t bytes);
    /* Waits for the stream; the status of the call that was given this workspace (may be NULL). */
    ad_status (*wait)(ad_stream stream, const void *workspace);
} ad_device;

typedef struct ad_module {
    int32_t abi; /* AD_ABI */
    const char *name;
    const char *version;     /* of the adc that made it */
    const char *source_hash; /* of the .ad text and all its imports */
    const char *real;        /* "f64" or "f32" */
    int32_t function_count;
    const ad_function *functions;
    const ad_device *device; /* NULL: the functions run on the CPU */
} ad_module;

#ifdef __cplusplus
}
#endif
#endif
