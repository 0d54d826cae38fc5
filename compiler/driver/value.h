/* Values in and out of programs: name=value words, .npy and .csv files, random tensors; results as text, JSON and .npy.
 */
#ifndef ADC_DRIVER_VALUE_H
#define ADC_DRIVER_VALUE_H
#include <adc/runtime.h>

#include "base/text.h"
#include "base/vec.h"
#include "driver/report.h"

enum { VALUE_MAX_RANK = 32 };

/* Entries in row-major order: float, double, int64_t or bool, as type says. */
typedef struct tensor {
    ad_type type;
    int rank;
    int64_t *dims; /* [rank] */
    int64_t count; /* product of dims */
    void *data;
} tensor;

typedef enum distribution { GIVEN, NORMAL, UNIFORM } distribution;

/* What stands after "name=". */
typedef struct value {
    const char *name;
    const char *text; /* as typed, for messages */
    distribution random;
    bool table;   /* from a .csv: a table of one row or one column may also be a vector, one entry a scalar */
    tensor given; /* AD_F64, AD_INT64 or AD_BOOL (f4 files: AD_F64); without data when random */
} value;

size_t type_size(ad_type type);
/* "f64", "int", ... */
const char *type_name(ad_type type);

/* Tensor of zeros; false when its size overflows. */
bool tensor_new(arena *mem, ad_type type, int rank, const int64_t *dims, tensor *out);
/* An entry as a double (bool: 0 or 1). */
double tensor_get(const tensor *t, int64_t i);
/* Sets an entry of a tensor of a floating type. */
void tensor_put(tensor *t, int64_t i, double x);
/* "[3, 2]"; a scalar is "[]". */
const char *shape_str(arena *mem, int rank, const int64_t *dims);

/* Parses "name=value" (the = is there), reading the file that it names. False after having reported what is wrong. */
bool value_parse(arena *mem, const report *r, const char *word, value *out);

/* The value as an argument of that type and rank, without looking at its extents; random values are drawn from the
 * stream of (seed, name). False after having reported what is wrong; reals is what a message calls "real". */
bool value_convert(arena *mem, const report *r, const value *v, uint64_t seed, ad_type type, int rank, tensor *out);

/* Parses "60,30" or "[[1,2],[3,4]]" and so on. */
bool literal_parse(arena *mem, const report *r, const char *name, const char *s, tensor *out);

/* NumPy files. Reports what is wrong. */
bool npy_read(arena *mem, const report *r, const char *path, tensor *out);
bool npy_write(arena *mem, const report *r, const char *path, const tensor *t);
/* Numbers in lines; a first line of other words is a heading. Always of rank 2. */
bool csv_read(arena *mem, const report *r, const char *path, tensor *out);

/* Growing list of numbers, of which it is remembered whether all are integers or all bools. */
typedef struct numbers {
    VEC(double) reals;
    VEC(int64_t) ints; /* exact, where not_int is false */
    bool not_int, not_bool, any_bool;
} numbers;

/* Adds the number that s[0..n) spells: 3, -0.5, 1e-3, inf, nan, true, false. False: it spells none. */
bool numbers_add(arena *mem, numbers *l, const char *s, size_t n);
/* The tensor of these numbers; false when bools and numbers are mixed. */
bool numbers_finish(arena *mem, const numbers *l, int rank, const int64_t *dims, tensor *out);

/* Fills a tensor of a floating type from the stream of (seed, name). */
void random_fill(tensor *t, distribution how, uint64_t seed, const char *name);
/* The stream itself: a 64-bit state. */
uint64_t random_stream(uint64_t seed, const char *name);
uint64_t random_next(uint64_t *state);
double random_uniform(uint64_t *state); /* in [0, 1) */

/* One number so that it reads back equal; digits 0: the fewest that do, else that many significant ones. */
void print_value_number(text *t, const tensor *x, int64_t i, int digits);
/* "name = value" and a newline: whole up to 20 entries, else shape and summary. */
void print_result(text *t, const char *name, const tensor *x);
/* Nested lists with all digits, non-finite entries as null; returns whether there were any. */
bool print_json(text *t, const tensor *x);
/* A string in quotes. */
void print_json_string(text *t, const char *s);

#endif
