/* The whole compiler as one call: source file in, texts out. */
#ifndef ADC_DRIVER_PIPELINE_H
#define ADC_DRIVER_PIPELINE_H
#include <stdint.h>

#include "base/diag.h"
#include "base/vec.h"
#include "form/interface.h"
#include "form/loops_cost.h"
#include "form/tree.h"

typedef struct size_define {
    const char *name;
    int64_t value;
} size_define;

/* How exact the elementwise functions of generated code are. */
typedef enum math_mode { MATH_PRECISE, MATH_FAST } math_mode;

typedef struct compile_options {
    const char *path;               /* model.ad */
    VEC(const char *) include_dirs; /* -I */
    VEC(size_define) defines;       /* -D NAME=INT */
    elem real;                      /* --real */
    sum_mode sum;                   /* --sum */
    math_mode math;                 /* --math */
    const char *prefix;             /* --prefix; NULL: from the file name */
    const char *header_name;        /* how the .c includes its header: "model.h" */
    const char *command;            /* for the header's comment */
    checkpoint checkpoint;          /* --checkpoint */
    target_kind target;             /* --target */
    bool versions;                  /* functions also in versions for few coordinates */
    bool asks;                      /* the functions tell their subscripts that are out of range: lower_options */
    const char *chosen;             /* only this export, where there is one of this name; NULL: all */
    bool family;                    /* and the function that it is a gradient of, and the gradients of that */
    const char *emit;               /* --emit=STAGE; NULL: the whole way */
} compile_options;

typedef struct compile_output {
    text c, header, manifest; /* complete when compile returns true and emit was NULL */
    text stage;               /* what --emit asked for */
    interface *interface;
    nest_module nests;       /* placed loop nests */
    kernel_temps_list temps; /* of all kernels, before collapse */
    program *program;        /* checked tree */
} compile_output;

/* Parses and checks only: true when there were no errors. */
bool compile_check(const compile_options *o, arena *mem, diag *d, compile_output *out);
/* The whole line; true when there were no errors. All results live in mem. */
bool compile(const compile_options *o, arena *mem, diag *d, compile_output *out);

#endif
