/* Calling an exported function through the description table: values in, results out. */
#ifndef ADC_DRIVER_CALL_H
#define ADC_DRIVER_CALL_H
#include "driver/sizes.h"

typedef VEC(value) value_list;

typedef struct call {
    arena *mem;
    const report *report;
    const struct options
        *options; /* with which the module was compiled; NULL: subscripts out of range are not looked for */
    const ad_module *module;
    const ad_function *f;
    int inputs, results;  /* args[0..inputs) are inputs, the rest results and gradients */
    known_size *known;    /* [size_count] */
    tensor *in;           /* [inputs]; without data: not given */
    tensor *out;          /* [results] */
    int64_t *sizes;       /* [size_count], as the function takes them */
    const void **in_data; /* [inputs] */
    void **out_data;      /* [results] */
} call;

/* The function of that name; reports that there is none, with the nearest as a hint. */
const ad_function *call_find(const report *r, const ad_module *m, const char *name);

/* Words that are no name=value are wrong usage: reported, EXIT_USAGE. */
exit_code call_check_words(const char *const *words, int n, const report *r);

/* Parses name=value words. Each name once. Reports what is wrong. */
bool call_parse(arena *mem, const report *r, const char *const *words, int n, value_list *out);

void call_init(call *c, arena *mem, const report *r, const ad_module *m, const ad_function *f);
/* A size that -D fixes is known; ignored where the function has no such size. */
void call_define(call *c, const char *size, int64_t value);

/* Whether the function has an argument or size of that name. */
bool call_takes(const call *c, const char *name);
/* Reports that it has none. */
void call_unknown(const call *c, const char *name);

/* Converts the values that the function takes (others are ignored) and reads the sizes off them. Inputs and sizes that
 * no value shows stay unknown. Reports what is wrong. */
bool call_bind(call *c, const value_list *values, uint64_t seed);

/* Sizes are complete: fills sizes and in_data. */
void call_fix(call *c);
/* Extents of an argument (index into f->args) for the sizes fixed. */
void call_extents(const call *c, int arg, int64_t *dims);
/* Allocates results; false (reported) when they are too large. */
bool call_allocate(call *c);

/* Reports a status other than AD_OK with the argument's name. */
void call_status(const call *c, ad_status status);
/* Runs the function; false when its status is not AD_OK (reported). */
bool call_run(const call *c);

#endif
