/* What adc explain tells, as data; printed as text or as JSON. */
#ifndef ADC_DRIVER_EXPLAIN_H
#define ADC_DRIVER_EXPLAIN_H
#include "driver/machine.h"

/* Values that are computed outside the innermost loop over pairs. */
typedef struct hoisted {
    const kernel_axis *axis;       /* once for each of its passes; NULL: once */
    VEC(const char *) expressions; /* "t16 = sq(s)": the names are those in the C text */
} hoisted;

/* A condition around a launch that the host looks at, and which way it goes. */
typedef struct launch_condition {
    const lexpr *e;
    bool holds;
} launch_condition;

typedef VEC(launch_condition) launch_conditions;

/* A kernel of a GPU, or a sort. */
typedef struct explained_launch {
    const lstmt *kernel;
    int64_t shared;               /* bytes of a block */
    launch_conditions conditions; /* of which the sizes that are given do not decide */
} explained_launch;

typedef struct explained_kernel {
    const kernel_cost *cost;
    const char *place, *code; /* "model.ad:6" and that line; or NULL */
    VEC(const char *) fused;  /* the user's names of values that are never stored */
    VEC(hoisted) hoisted;
    VEC(explained_launch) launches; /* for a GPU */
    double seconds;                 /* predicted, all runs; NAN: unknown */
} explained_kernel;

/* What a loop keeps for the way back through it. */
typedef struct explained_loop {
    const kept_loop *kept;
    double again; /* passes that run again; NAN: unknown */
    double
        ratio; /* of gradient to value, predicted: 3 for the passes and their reversal, 1 for each that runs before */
} explained_loop;

typedef struct explained_fn {
    const nest_fn *fn;
    figure_sizes sizes; /* those given, and those that the function computes from them */
    VEC(explained_kernel) kernels;
    VEC(explained_loop) loops;
    double workspace; /* bytes; NAN: unknown */
    double seconds;
} explained_fn;

typedef struct explanation {
    const options *o;
    figure_sizes sizes; /* given on the command line */
    bool has_machine;
    machine machine;
    VEC(explained_fn) fns;
} explanation;

/* Adds a function; e->machine is measured already where it is to be used. */
void explain_add(explanation *e, const compile_output *out, const nest_fn *fn);

/* explain_launch.c: the launches of the kernels. */
void explain_launches(arena *mem, explained_fn *f);
/* An int or a condition of the host; NAN: not known. */
double launch_value(const figure_sizes *sizes, const lexpr *e);
/* A number of blocks in words. */
const char *launch_blocks(arena *mem, const figure_sizes *sizes, const lexpr *e);

void explain_text(text *t, const explanation *e);
void explain_json(text *t, const explanation *e);

#endif
