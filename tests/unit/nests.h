/* Builds small loop nests by hand, and compiles and runs what the C back end prints for them. For tests. */
#ifndef ADC_TESTS_UNIT_NESTS_H
#define ADC_TESTS_UNIT_NESTS_H
#include "form/loops.h"

typedef struct nests {
    arena *mem;
    names table;
    extent_pool *pool;
    nest_module m;
    nest_fn *fn;      /* the one being built */
    lstmt_list *body; /* where the next statement goes */
} nests;

void nests_init(nests *n);

/* A new function; args end with a row without name. Their extents are given as text: "N", "3", "2*N". */
typedef struct nest_arg {
    const char *name;
    arg_role role;
    elem elem;
    const char *extents[3];
} nest_arg;
void nest_function(nests *n, const char *name, const char *const *sizes, const nest_arg *args);

/* Sizes: a number or a name. */
const extent *nest_size(nests *n, const char *spelled);
buffer *nest_arg_buffer(nests *n, int arg);
buffer *nest_buffer(nests *n, buffer_kind kind, const char *name, elem e, const char *e0, const char *e1);
temp *nest_temp(nests *n, const char *name, elem e);

lexpr *nest_number(nests *n, elem e, double x);
lexpr *nest_int(nests *n, int64_t x);
lexpr *nest_extent(nests *n, const char *spelled);
lexpr *nest_read(nests *n, temp *v);
lexpr *nest_op1(nests *n, op o, elem e, lexpr *a);
lexpr *nest_op2(nests *n, op o, elem e, lexpr *a, lexpr *b);
lexpr *nest_op3(nests *n, op o, elem e, lexpr *a, lexpr *b, lexpr *c);
lexpr *nest_load(nests *n, buffer *b, lexpr *i, lexpr *j);

lstmt *nest_add(nests *n, lstmt s);
/* Opens a loop or a branch: statements go into it until nest_close. */
lstmt *nest_for(nests *n, temp *v, lexpr *lo, lexpr *hi, bool parallel);
void nest_close(nests *n, lstmt_list *outer);
lstmt *nest_store(nests *n, buffer *b, lexpr *i, lexpr *j, lexpr *e);
lstmt *nest_let(nests *n, lstmt_kind kind, temp *v, lexpr *e);

/* The generated C. */
const char *nest_print(nests *n);
/* Compiles the module with every compiler found and all warnings as errors, with and without OpenMP, links main_text
 * (the text of a C program that includes model.h), runs it. Returns the number of failures, which are printed. */
int nest_run(nests *n, const char *main_text);
/* Compiles and runs a C program alone likewise. */
int nest_run_text(const char *name, const char *s);

#endif
