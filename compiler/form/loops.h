/* Loop nests: what the back ends print. One `nest_fn` per exported function: buffers and a tree of statements.
 *
 * Expressions are trees over temporaries (scalar locals, each assigned before it is read), constants, sizes and loads.
 * A multi-use value is a temporary; so printing an expression never repeats work. Everything is in the arena. */
#ifndef ADC_FORM_LOOPS_H
#define ADC_FORM_LOOPS_H
#include "base/text.h"
#include "base/vec.h"
#include "form/graph.h"

typedef enum buffer_kind {
    BUF_INPUT,     /* the caller's array, read only; rank 0: the by-value parameter */
    BUF_RESULT,    /* the caller's array, may be NULL: stores are then skipped; never loaded from unless readable */
    BUF_WORKSPACE, /* a slot of the workspace */
    BUF_SCRATCH,   /* a slot of the workspace for each thread: used inside parallel loops */
    BUF_LOCAL      /* a C array on the stack: constant extents, small */
} buffer_kind;

typedef struct buffer {
    buffer_kind kind;
    const char *name; /* C identifier, unique in the function */
    elem elem;
    int rank;
    const extent **extents;
    int arg;                 /* BUF_INPUT, BUF_RESULT: index into interface_fn.args */
    bool readable;           /* BUF_RESULT: is also loaded from: needs a workspace slot when the caller passes NULL */
    int slot;                /* assigned by place: buffers with equal slot share memory; -1: none */
    int first_use, last_use; /* positions in the order of top level statements, for place */
} buffer;

typedef struct temp {
    const char *name; /* C identifier, unique in the function */
    elem elem;
} temp;

typedef enum lexpr_kind {
    LX_CONST, /* number (floats) or integer */
    LX_SIZE,  /* extent */
    LX_TEMP,
    LX_POINT, /* op over args, all pointwise ops of ops.def */
    LX_LOAD   /* buffer[args]; rank 0 buffers: no args */
} lexpr_kind;

typedef struct lexpr {
    lexpr_kind kind;
    elem elem;
    double number;
    int64_t integer;
    const extent *extent;
    temp *temp;
    op op;
    buffer *buffer;
    bool guarded; /* LX_LOAD: subscripts may be out of range (of each axis): then the value is 0 */
    int nargs;
    struct lexpr **args;
} lexpr;

typedef enum lstmt_kind {
    LS_LET,   /* const temp = e */
    LS_VAR,   /* temp = e, assigned again by LS_SET */
    LS_SET,   /* temp = e */
    LS_STORE, /* buffer[subs] = e, or += e when accumulate; guarded: only when every subscript is in range */
    LS_FOR,   /* temp over lo..hi; body. parallel: iterations are independent */
    LS_IF,    /* e; body; other */
    LS_FILL,  /* all entries of buffer = e (a constant) */
    LS_COPY,  /* buffer = from, same shape; from may be at an offset: subs then are the leading subscripts of from */
    LS_COPY_INTO, /* buffer[subs leading] = from (whole) */
    LS_SWAP,      /* exchange the memory of two workspace or scratch buffers of equal shape (pointer swap);
                     BUF_LOCAL: exchange of contents */
    LS_ARRAY,     /* declares the BUF_LOCAL buffer here */
    LS_INSERT,    /* sorted insertion for argkmin: (keys: buffer, indices: from, e: value, lo: index); largest keeps the
                     K largest instead. NaN is never inserted; at ties the earlier index stays first */
    LS_FAIL,      /* if (e) return AD_STATUS(code, arg) */
    LS_COMMENT    /* text: "kernel v, model.ad:7: let v[i] = sum[j](K[i, j] * p[j]);" */
} lstmt_kind;

typedef struct lstmt lstmt;
typedef VEC(lstmt *) lstmt_list;

struct lstmt {
    lstmt_kind kind;
    temp *temp;
    lexpr *e, *lo, *hi;
    buffer *buffer, *from;
    int nsubs;
    lexpr **subs;
    bool accumulate, guarded, parallel, largest;
    const extent *trips; /* LS_FOR parallel: number of iterations as a polynomial where known, for the if clause */
    lstmt_list body, other;
    int code, arg; /* LS_FAIL: AD_SIZE = 2, AD_INDEX = 3, ... and the argument */
    const char *text;
};

typedef struct nest_fn {
    interface_fn *face;
    VEC(buffer *) buffers;
    VEC(size_check) checks;
    lstmt_list body;
    int nslots;                /* by place */
    const extent **slot_bytes; /* bytes of each slot before alignment (polynomial); scratch slots: of one thread */
    bool *slot_scratch;
} nest_fn;

typedef struct nest_module {
    interface *face;
    VEC(nest_fn *) fns;
} nest_module;

void loops_print(text *t, const nest_fn *f);

#endif
