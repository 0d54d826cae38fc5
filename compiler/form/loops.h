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
    BUF_LOCAL,     /* a C array on the stack: constant extents, small */
    BUF_SHARED     /* an array of a block of GPU threads: constant extents, small */
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
    bool lanes;              /* an entry is a value per lane */
    bool tiled; /* BUF_WORKSPACE, lanes: those of AD_LANES neighbours along the first axis; a subscript of it
                   counts such tiles */
} buffer;

typedef struct temp {
    const char *name; /* C identifier, unique in the function */
    elem elem;
    bool lanes; /* a value per lane */
} temp;

typedef enum lexpr_kind {
    LX_CONST, /* number (floats) or integer */
    LX_SIZE,  /* extent */
    LX_TEMP,
    LX_POINT,   /* op over args, all pointwise ops of ops.def */
    LX_LOAD,    /* buffer[args]; rank 0 buffers: no args */
    LX_FIRST,   /* the index of the loop `temp` in lane 0 */
    LX_INDEX,   /* per lane: args[0] + number of the lane, but less than args[0] + args[1] */
    LX_ACTIVE,  /* per lane: its number is less than args[0] */
    LX_WIDTH,   /* the number of lanes */
    LX_LIBRARY, /* bool: the library of that number (integer) may be called */
    LX_FOLD,    /* the lanes of args[0] combined in a fixed order: op is OP_SUM, OP_PROD, ... */
    LX_LANE,    /* lane args[1] of args[0] */
    LX_PLACE    /* where in its grid a GPU thread is: place_kind in integer */
} lexpr_kind;

/* Of a kernel: its threads are `blocks` x `splits` blocks of `threads` each. */
typedef enum place_kind {
    PLACE_THREAD,
    PLACE_THREADS,
    PLACE_BLOCK,
    PLACE_BLOCKS,
    PLACE_SPLIT,
    PLACE_SPLITS
} place_kind;

/* How an entry of a buffer that has one value for all lanes is found for each lane. */
typedef enum lane_kind {
    LANE_ONE,   /* one entry for all lanes; or the buffer has lanes */
    LANE_STEP,  /* the subscripts are those of lane 0; from lane to lane the entry is `step` further. Only `count` lanes
                   have one */
    LANE_GATHER /* the subscripts differ from lane to lane */
} lane_kind;

typedef struct lexpr {
    lexpr_kind kind;
    elem elem;
    double number;
    int64_t integer;
    const extent *extent;
    temp *temp;
    op op;
    buffer *buffer;
    bool numbers; /* LX_POINT, OP_MAX or OP_MIN: the other one where one is no number */
    bool guarded; /* LX_LOAD: subscripts may be out of range (of each axis): then the value is 0 */
    bool lanes;   /* a value per lane */
    lane_kind at; /* LX_LOAD */
    const extent *step;
    temp *count;
    int nargs;
    struct lexpr **args;
} lexpr;

/* Running state of a reduction: `value`, and `second`: the index of argmax (-1 at first), the maximum of logsumexp
 * (whose value is then the sum of exp(x - second)), what a compensated sum has lost; else NULL. */
typedef struct accumulator {
    op op;
    elem elem;
    temp *value, *second;
} accumulator;

typedef enum lstmt_kind {
    LS_LET,   /* const temp = e */
    LS_VAR,   /* temp = e, assigned again by LS_SET */
    LS_SET,   /* temp = e */
    LS_STORE, /* buffer[subs] = e, or += e when accumulate; guarded: only when every subscript is in range */
    LS_FOR,   /* temp over lo..hi, while e holds if there is one; body. parallel: iterations are independent. from: of a
                 host's loop, the cell of the GPU in which each pass notes whether there is more to do; NULL: none */
    LS_IF,    /* e; body; other */
    LS_FILL,  /* all entries of buffer = e (a constant) */
    LS_COPY,  /* buffer = from, same shape; from may be at an offset: subs then are the leading subscripts of from */
    LS_COPY_INTO, /* buffer[subs leading] = from (whole) */
    LS_SWAP,      /* exchange the memory of two workspace or scratch buffers of equal shape (pointer swap);
                     BUF_LOCAL: exchange of contents */
    LS_ARRAY,     /* declares the BUF_LOCAL buffer here */
    LS_INSERT,    /* sorted insertion for argkmin: (keys: buffer, indices: from, e: value, lo: index); largest keeps the
                     K largest instead. NaN is never inserted; at ties the earlier index stays first */
    LS_ACC,       /* declares the temporaries of acc: the state over nothing */
    LS_ADD,       /* one more term e for acc, where `filter` holds; lo: its index */
    LS_JOIN,   /* the state of part into acc, whose terms come first; part has lanes and acc has not: all its lanes */
    LS_CALL,   /* routine(subs, sizes): whole buffers (LX_LOAD without subscripts), operands, results, scratch memory.
                  Where it fails its results are NaN, and so are the function's, which returns AD_NUMERIC. e NULL, or the
                  entry of a buffer that only a GPU knows: nothing happens where it is false */
    LS_FAIL,   /* if (e) return the status of code, arg, rule */
    LS_KERNEL, /* launches body on the GPU: lo x hi blocks (hi NULL: 1) of `step` threads each. Threads that do not find
                  e true do nothing; e NULL: all work. arg: its number; text: as of LS_COMMENT, or NULL */
    LS_BARRIER, /* all threads of the block come here before one goes on */
    LS_LAST,    /* of the blocks that differ in PLACE_SPLIT alone, all but the last one to come here end */
    LS_COMMENT  /* text: "kernel v, model.ad:7: let v[i] = sum[j](K[i, j] * p[j]);" */
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
    bool independent; /* LS_FOR: but for accumulators, iterations may run in any order */
    bool must;        /* LS_FOR: written for lanes */
    bool symmetric;   /* LS_FOR: half of the pairs, for the rows of both */
    int unroll;       /* LS_FOR: so many passes side by side, by the C compiler; 0: as it likes */
    int ahead;        /* LS_FOR: so many statements of the body, the first, are computed a pass ahead of the others */
    bool lanes;       /* LS_FOR: a pass serves the AD_LANES indices from temp on */
    bool either;      /* LS_IF: both branches compute the same; the second is the usual way */
    int64_t most;     /* LS_FOR: passes at most; 0: unknown. LS_KERNEL: points of a thread */
    int64_t step;     /* LS_FOR: not 1 but this; 0: 1 */
    bool parts;       /* LS_FOR: over parts of a range; a loop in its body, with `whole`, runs over each part */
    bool in_time;     /* LS_FOR: over the passes of a loop with states */
    bool rest;        /* LS_FOR over the few indices that the loop before it, which has a step, left over */
    const extent *whole; /* LS_FOR over a part of a range (a chunk, a block): the extent of the range */
    bool aligned;        /* LS_FOR over a part that begins at a multiple of the most lanes */
    lane_kind at;        /* LS_STORE: as in lexpr */
    const extent *stride;
    temp *count;
    lexpr *filter;
    accumulator *acc, *part;
    lstmt_list body, other;
    const routine *routine; /* LS_CALL */
    int nsizes;
    const extent **sizes;
    const extent *cost;  /* floating operations */
    int code, arg, rule; /* LS_FAIL: AD_SIZE = 2, AD_INDEX = 3, ..., the argument, and the rule's number or 0 */
    const char *text;
};

/* How sums of floating terms are added up. */
typedef enum sum_mode {
    SUM_BLOCKED, /* blocks of the reduced axis, then the blocks */
    SUM_KAHAN,   /* blocks, each addition with its rounding error kept (TwoSum, Knuth) */
    SUM_F64      /* blocks, f32 terms in f64 */
} sum_mode;

/* A size that is computed on entry: all / one, rounded down, at least `least`, at most `most`, at least 0; `most` where
 * one is not positive. How many states a loop keeps. */
typedef struct size_share {
    const char *name;
    const extent *all, *one, *most;
    int64_t least;
} size_share;

/* What a loop keeps of its states, to be told to the user. */
typedef struct kept_loop {
    const char *index, *where; /* "t", "model.ad:7" */
    checkpoint choice;
    const extent *passes; /* at most */
    const extent *slots;
    const extent *bytes; /* of one slot */
    bool conditional;    /* how many passes it makes is not known before */
} kept_loop;

/* How squared distances of points are computed, to be told to the user. */
typedef struct told_distance {
    const char *where;   /* "model.ad:7" */
    bool expanded;       /* as |x|^2 + |y|^2 - 2 x.y */
    const extent *error; /* then: at most, in units of u R^2 (docs/accuracy.md) */
    elem elem;
} told_distance;

/* "slots = min(9, steps)" */
const char *size_share_text(arena *mem, const size_share *s);
int64_t size_share_value(int64_t least, int64_t all, int64_t one, int64_t most);

typedef struct nest_fn {
    interface_fn *face;
    VEC(kept_loop) kept;
    VEC(told_distance) distances;
    VEC(size_share) shares;         /* atoms of the extents of buffers, besides those of the interface */
    fixed_sizes fixed;              /* as in graph_fn */
    VEC(struct nest_fn *) versions; /* taken where their sizes match */
    VEC(buffer *) buffers;
    VEC(size_check) checks;
    lstmt_list body;
    lstmt_list plain;          /* what the body computes, before a GPU's kernels were made of it; n == 0: the body */
    const extent *cost;        /* operations of a call; NULL: those of the body */
    int threads;               /* that have scratch slots of their own, at most */
    int state_bytes;           /* of a call's state, before the slots */
    int nslots;                /* by place */
    const extent **slot_bytes; /* bytes of each slot before alignment (polynomial); scratch slots: of one thread */
    bool *slot_scratch;
} nest_fn;

typedef struct nest_module {
    interface *face;
    VEC(nest_fn *) fns;
    bool fast_math; /* functions may be less exact than 2 ulp */
} nest_module;

/* The pool of the extents of its buffers; a new one where there are none. */
extent_pool *loops_pool(const nest_fn *f, arena *mem);
/* e depends on the size or int input, itself or through a share. */
bool loops_mention(const nest_fn *f, const extent *e, const char *name);
void loops_print(text *t, const nest_fn *f);
void loops_print_expr(text *t, const lexpr *e);

#endif
