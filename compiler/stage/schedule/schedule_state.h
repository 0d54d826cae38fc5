/* Private to stage/schedule*.c.
 *
 * A block is a place in the code: a list of statements under the variables bound around it. A value is computed in the
 * outermost block that binds all its free variables (its home), before the statement under construction there; so what
 * does not depend on a loop leaves it. */
#ifndef ADC_STAGE_SCHEDULE_STATE_H
#define ADC_STAGE_SCHEDULE_STATE_H
#include "stage/schedule/schedule.h"

typedef struct block {
    struct block *parent;
    int nvars;
    var **vars; /* bound here: axes, or t and the states of a loop */
    lstmt_list *out;
    map values;      /* value node -> lexpr */
    map tensors;     /* tensor node -> buffer */
    bool sequential; /* not inside a kernel: nests may be parallel */
    bool in_order;   /* inside a kernel whose rows run one after the other */
} block;

typedef enum item_kind {
    ITEM_STORE,
    ITEM_REDUCE,
    ITEM_VECTOR,
    ITEM_SCATTER,
    ITEM_LOOP,
    ITEM_CALL,
    ITEM_ARGK,
    ITEM_ASKED
} item_kind;

typedef struct item {
    item_kind kind;
    node *n;   /* what it computes; keys values and tensors */
    int level; /* items of a level do not depend on each other */
    bool done;
    bool again; /* of a pass that runs again to bring states back (scheduler.again): has loops apart from those that do
                   not */
    /* nests, opened */
    int naxes;
    var **axes;
    node *body, *filter;
    node **ranges;
    /* ITEM_STORE, ITEM_VECTOR: where the entries go */
    buffer *target;
    int nprefix;
    lexpr **prefix;
    bool accumulate;
    buffer *lost; /* what compensated sums in the target have lost; NULL: they are not compensated */
    int nentries; /* ITEM_VECTOR: the axes of the target, below the summation axes */
    var **entries;
    accumulator acc;
    VEC(node *) stacks;       /* ITEM_LOOP */
    VEC(node *) asked;        /* ITEM_LOOP: nodes that ask for its states at some pass (OP_AT) */
    VEC(struct item *) after; /* besides what its nodes show */
} item;

typedef VEC(item *) item_list;
typedef VEC(node *) node_vec;

typedef struct scheduler {
    graph *g;
    arena *mem;
    const graph_fn *f;
    sum_mode sums;
    target_kind target;
    nest_fn *out;
    block *root;
    names *used_names;
    map numbered;             /* name -> last number appended to it */
    map taken;                /* names in use */
    VEC(affine_range) ranges; /* of loop indices */
    VEC(node *) guards;       /* what holds of other ones around */
    bool in_order;            /* the loop at hand runs its rows one after the other: each may be parallel inside */
    int unnamed;              /* temporaries without a name of the user's */
    int position;             /* top level groups so far, for buffer lifetimes */
    VEC(buffer *) touched;    /* in order of use */
    map targets;              /* tensor node of the root block -> result buffer that it fills */
    map readers;              /* loop of the root block -> node_vec: its stacks, and who asks for its states */
    map keepers;              /* loop -> what it keeps (schedule_keep.c) */
    map *again;               /* what the states need that passes bring back which run again; NULL: none do */
} scheduler;

/* schedule_value.c */
lexpr *lx_int(scheduler *s, int64_t x);
lexpr *lx_const(scheduler *s, elem e, double x);
lexpr *lx_size(scheduler *s, const extent *e);
lexpr *lx_temp(scheduler *s, temp *t);
lexpr *lx_point(scheduler *s, op o, elem e, int n, lexpr *const *args);
lexpr *lx_bin(scheduler *s, op o, lexpr *a, lexpr *b);
lexpr *lx_select(scheduler *s, lexpr *c, lexpr *a, lexpr *b);
lexpr *lx_load(scheduler *s, buffer *b, int n, lexpr *const *subs, bool guarded);
lstmt *add_stmt(scheduler *s, lstmt_list *out, lstmt_kind kind);
temp *new_temp(scheduler *s, const char *hint, elem e);
temp *add_let(scheduler *s, lstmt_list *out, const char *hint, lexpr *e);
temp *add_var(scheduler *s, lstmt_list *out, const char *hint, lexpr *init);
void add_set(scheduler *s, lstmt_list *out, temp *t, lexpr *e);
void add_store(scheduler *s, lstmt_list *out, buffer *b, int n, lexpr *const *subs, lexpr *e);
buffer *new_buffer(scheduler *s, block *b, const char *hint, elem e, int rank, const extent *const *extents);
/* Words of C, of <math.h> and of the generated code are not names of temporaries. */
void reserve_words(scheduler *s);
const char *unique_name(scheduler *s, const char *hint);
const char *axis_name(scheduler *s, const var *v);
void touch_buffer(scheduler *s, buffer *b);

block *new_block(scheduler *s, block *parent, int nvars, var **vars, lstmt_list *out);
/* Where n is computed; NULL when it depends on a variable that no block around binds. */
block *home_block(const scheduler *s, block *b, const node *n);
lexpr *emit_value(scheduler *s, block *b, node *n);
buffer *find_buffer(scheduler *s, block *b, node *t);
bool sub_in_range(scheduler *s, node *sub, const extent *size);

/* schedule_items.c */
/* A loop runs once, whatever is planned first: all that reads its passes is known before. */
void find_readers(scheduler *s, int nroots, node *const *roots);
item *find_item(item_list *items, const node *n);
/* Everything of block b that the roots need, level by level, then the items given (rows to store). */
void schedule_items(scheduler *s, block *b, int nroots, node *const *roots, item_list *given);

/* schedule_join.c */
/* The item's body with the expressions of the items of a level instead of what they store; NULL: it reads none of them,
 * or not at its own place alone, or the loop would grow too large. items: node -> item. The item is opened. */
node *join_body(scheduler *s, const item *it, const map *items, int level);

/* schedule_nest.c */
void emit_group(scheduler *s, block *b, int n, item *const *items);
/* Both groups in one pass over their pairs; false, and nothing done, when it does not pay. */
bool emit_groups_joined(scheduler *s, block *b, const item_list *rows, const item_list *columns);
/* Whether the loop over the item's rows may run in parallel. */
bool is_parallel_row(const block *b, const item *it);
/* A tensor of few entries inside a kernel: stored entry by entry, without a loop. */
bool is_short_row(const block *b, const item *it);
void emit_short_row(scheduler *s, block *b, item *it);
/* What the items compute, and where that stands in the program: a kernel begins here. */
void add_comment(scheduler *s, block *b, int n, item *const *items);
void emit_single(scheduler *s, block *b, node *n); /* a reduction met without a plan */
void open_item(scheduler *s, item *it);
buffer *item_target(scheduler *s, block *b, node *t);

/* An entry of the item's rows is a sum that shares costly terms with the others of its row: one pass serves them all.
 */
bool rows_share_passes(scheduler *s, const item *it);
/* A loop of one step, in no list yet. */
lstmt *make_loop(scheduler *s, const char *name, lexpr *lo, lexpr *hi);
/* The place of an entry among those of the item's first n axes. */
lexpr *flat_index(scheduler *s, const item *it, int n, lexpr *const *at);

/* The loops of a group, into the list; what they need before goes into the block. */
void emit_loops(scheduler *s, block *b, int n, item *const *items, bool in_order, lstmt_list *loops);

/* What the items compute for an index of their first axis, below the loop over it. */
void fill_body(scheduler *s, block *b, lstmt *loop, int n, item *const *items);

/* schedule_wrap.c: the loop over the items' first axis, and what it computes, into the list. */
void fill_range(scheduler *s, block *b, lstmt *loop, int n, item *const *items, lstmt_list *out);

/* schedule_ways.c: the loops of a group; those of a group of rows and a group of columns that do not depend on each
 * other, when it pays to visit their pairs once: false, and nothing done, when not. */
void emit_ways(scheduler *s, block *b, int n, item *const *items);
bool emit_joined(scheduler *s, block *b, int nrows, item *const *rows, int ncolumns, item *const *columns);

/* schedule_scatter.c */
void emit_scatter(scheduler *s, block *b, item *it);
void emit_argk(scheduler *s, block *b, item *it);

/* schedule_reduce.c */
void acc_begin(scheduler *s, lstmt_list *out, accumulator *a, const char *hint);
void acc_add(scheduler *s, lstmt_list *out, const accumulator *a, lexpr *x, lexpr *filter, lexpr *index);
void acc_join(scheduler *s, lstmt_list *out, const accumulator *a, const accumulator *part);
lexpr *acc_end(scheduler *s, const accumulator *a);
/* Chunks of a parallel reduction: partial states in arrays, combined in order. */
int acc_parts(const scheduler *s, const accumulator *a);
void acc_store_part(scheduler *s, lstmt_list *out, const accumulator *a, buffer *const *parts, lexpr *chunk);
void acc_add_part(scheduler *s, lstmt_list *out, const accumulator *a, buffer *const *parts, lexpr *chunk);
elem acc_part_elem(const scheduler *s, const accumulator *a, int part);

/* schedule_loop.c */
void emit_loop(scheduler *s, block *b, item *it);
/* The buffer of a tensor, which is computed if it is not there. */
buffer *buffer_of(scheduler *s, block *b, node *t);

/* schedule_product.c: an entry is a product of rows and columns of stored matrices, for which a library may be faster.
 * The call goes into the list; returned is the condition under which it is to be made. NULL: it is no such product. */
bool is_product(scheduler *s, const block *b, const item *it);
lexpr *emit_product(scheduler *s, block *b, const item *it, lstmt_list *out);

/* schedule_call.c */
void emit_call(scheduler *s, block *b, item *it);

/* schedule_keep.c: the states of a loop at the start of a pass. */
void emit_asked(scheduler *s, block *b, item *it);

#endif
