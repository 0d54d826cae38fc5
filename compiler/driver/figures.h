/* Values of the polynomials of form/loops_cost.h for given sizes. */
#ifndef ADC_DRIVER_FIGURES_H
#define ADC_DRIVER_FIGURES_H
#include "base/vec.h"
#include "driver/call.h"
#include "form/loops_cost.h"

typedef struct figure_size {
    const char *name;
    int64_t value;
} figure_size;

typedef VEC(figure_size) figure_sizes;

/* The sizes and int inputs of a call that was fixed. */
figure_sizes figures_of_call(const call *c);

/* The same sizes, and those that the function computes from them. */
figure_sizes figures_within(arena *mem, const figure_sizes *sizes, const nest_fn *f);

/* NAN when a size is unknown. */
double figure(const figure_sizes *sizes, const extent *e);
double figure_quantity(const figure_sizes *sizes, quantity n);

/* What one call of a function does; NAN where a size is unknown. */
typedef struct work {
    double counts[COST_SORTS];
    double read, written; /* bytes */
    double pairs;         /* of the kernel that has most, all its runs; where half are visited for symmetry, all */
    bool is_pairs;        /* else elements */
    bool is_limit;        /* loops with a condition are counted with the most passes that they may make */
} work;

work work_of(const figure_sizes *sizes, const kernel_list *kernels);
/* Additions, products, divisions, roots and function calls, each counted as one. */
double work_flops(const work *w);

#endif
