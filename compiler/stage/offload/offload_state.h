/* Private to stage/offload*.c. */
#ifndef ADC_STAGE_OFFLOAD_STATE_H
#define ADC_STAGE_OFFLOAD_STATE_H
#include "base/map.h"
#include "form/loops_make.h"
#include "stage/offload/offload.h"

enum {
    MANY_BLOCKS = 1056,               /* fill any GPU of today; results do not depend on which */
    MOST_SPLITS = 256,                /* blocks that share a sum */
    SPLIT_ENTRIES = MANY_BLOCKS * 512 /* states of all splits: at most 512 of a block */
};

typedef VEC(buffer *) buffer_parts;

/* Memory for lists of splits. */
typedef struct list_room {
    buffer *b;
    int64_t length; /* of a list */
} list_room;

/* A sorting (offload_scatter.h) and where it was made. */
typedef struct made_sorting {
    const struct sorting *is;
    const lstmt_list *out;
    const lexpr *guard;
} made_sorting;

/* Ranges of a loop that data decide, for each pass of a loop around it: first..end. */
typedef struct owned_ranges {
    lexpr *first, *end;         /* in the index of the loop around it: term_index 0 */
    const extent *owners, *all; /* so many ranges; they lie in 0..all */
    bool fixed;                 /* they depend on inputs alone */
    buffer *owner;              /* of each of 0..all: the range that has it; -1: none */
    buffer *in_order;           /* all is as said, and they follow each other */
    buffer *out_of_order;       /* not so */
} owned_ranges;

typedef struct offloading {
    arena *mem;
    nest_fn *f;
    extent_pool *pool;
    map live;             /* temporaries that are read */
    map declared;         /* temporaries of the host's statements */
    map device;           /* of those, which only the GPU knows */
    map cells;            /* of those: temporary -> buffer */
    map origins;          /* temporaries and buffers -> what is assigned to them */
    lstmt_list *out;      /* of the host */
    lstmt *serial;        /* the kernel of one thread that takes one more statement; NULL: the next one begins it */
    lexpr *guard;         /* kernels do nothing where it is false; NULL: all run */
    const char *comment;  /* of the next kernel; NULL: none */
    VEC(lstmt *) pending; /* accumulators without terms yet */
    VEC(lstmt *) several; /* accumulators that several kernels add to */
    map wholes;           /* value of a kernel's accumulator -> that of all kernels */
    buffer_parts parts[ELEM_BOOL + 1]; /* memory of splits, one for each state of that type */
    VEC(list_room) lists;
    const extent *tile_rows; /* points of kernels with tiles, of different sizes added up; NULL: none */
    bool any_rows;           /* the points of one are not a size */
    lstmt_list first;        /* what comes before the statement of the function that is being read */
    VEC(made_sorting) sortings;
    map first_made;             /* buffers that depend on inputs alone, and are there before all that reads them */
    VEC(owned_ranges *) ranges; /* fixed ones */
    VEC(temp *) indices;        /* of terms, in sortings */
    buffer_parts rooms;         /* of sorting */
    buffer_parts chunk_sums;
    int kernels;
} offloading;

/* offload_place.c: which temporaries only the GPU knows. */
void find_device_temps(offloading *o);
bool host_knows(const offloading *o, const lexpr *e);
/* A loop of the host, each of whose passes launches kernels; where only the GPU knows its range, one that holds it. */
bool is_host_loop(const offloading *o, const lstmt *s);
/* A loop whose passes are independent, as a kernel. */
bool is_kernel_loop(const offloading *o, const lstmt *s);
bool has_parallel_work(const lstmt_list *body);

/* offload_bounds.c: ranges of what only the GPU knows. */
void find_origins(offloading *o, const lstmt_list *list);
/* What the int is at most, or at least; itself where the host knows it, NULL: nothing is known. */
lexpr *host_bound(const offloading *o, lexpr *e, bool greatest);

/* offload_nest.c: whole buffers as loops over their entries. */
lstmt *nest_of_fill(offloading *o, const lstmt *s);
lstmt *nest_of_copy(offloading *o, const lstmt *s);
lstmt *nest_of_exchange(offloading *o, const lstmt *s);

/* The points of a kernel: the passes of loops around each other. */
typedef struct points {
    VEC(lstmt *) loops; /* all but a single one from 0, to a number that does not depend on the others */
    lstmt_list body;
    lexpr *count;
} points;

/* Scalars of the GPU that the body of a kernel reads are read once. */
typedef struct hoisting {
    offloading *o;
    lstmt_list *out;
    map read; /* temp -> temp */
} hoisting;

/* offload_points.c */
points find_points(offloading *o, lstmt *loop);
/* How many the loop has. */
lexpr *passes_of(offloading *o, const lstmt *loop);
void push_points(offloading *o, const points *p);
lexpr *here(offloading *o, place_kind k);
lexpr *rounded_up(offloading *o, lexpr *n, int by);
/* The point's indices from its number. */
void let_indices(offloading *o, lstmt_list *out, const points *p, lexpr *number);
void begin_hoisting(hoisting *h, offloading *o, lstmt_list *out);
void hoist_cells(hoisting *h, const lstmt_list *body);
lexpr *hoisted(hoisting *h, lexpr *e);

/* offload_sums.c: a block of threads adds up; several blocks share a long sum. */
/* The sums of the loop over all its passes, into cells. */
void push_sums(offloading *o, lstmt *loop, const lstmt_list *accs);
/* Each pass has long sums of its own: a kernel for the passes, and one for what they add. */
void push_rows_then_sums(offloading *o, lstmt *loop, const lstmt_list *accs);
/* A block, or several, per point. */
void push_few_rows(offloading *o, const points *p, lstmt *sum);
/* Accumulators, n groups of equally many, of what parts of the range gave in all splits; only the last block of them
 * goes on. at[k]: the number of the point of group k, of so many; the threads for which stores[k] holds store it. */
void join_splits(offloading *o, lstmt_list *out, const lstmt_list *accs, int n, lexpr *const *at, lexpr *const *stores,
                 lexpr *entries);
void note_tile_rows(offloading *o, const lexpr *count);
/* Once all kernels are there. */
void size_parts(offloading *o);
void size_lists(offloading *o); /* offload_lists.c */
/* Sums get one for a part of their terms; after: what then joins the whole. parts: value of the whole -> of the part.
 */
void begin_parts(offloading *o, lstmt_list *out, lstmt_list *after, const lstmt_list *accs, map *parts);
/* How many blocks share a sum, when there are so many without that; each has so many terms at least. */
lexpr *count_splits(offloading *o, lexpr *blocks, lexpr *terms, int least);
/* The part of 0..terms that is this split's: begin is a multiple of grain. */
void let_split(offloading *o, lstmt_list *out, lexpr *terms, int grain, lexpr **begin, lexpr **end);

/* offload_tiles.c: several rows per thread, columns in shared memory. */
/* The loop over columns, whose sums are all that is long in the body; NULL: there is no such loop, or there are more.
 */
lstmt *long_sum(offloading *o, const lstmt_list *body);
bool has_long_sums(offloading *o, const lstmt_list *body);
void push_tiles(offloading *o, const points *p, lstmt *sum);

/* offload_scatter.c: sums whose terms say where they belong. */
/* All that the loop does is to add to entries of a buffer, in a way that threads for these entries can do. */
bool is_scatter(const offloading *o, const lstmt *s);
void push_scatter(offloading *o, lstmt *s);
/* offload_sort.c: what the statement writes may be what terms were sorted by. */
void forget_sortings(offloading *o, const lstmt *s);

/* offload_deep_rows.c: the sum of the points' body, whose rows have memory of their own for sums over columns of each
 * coordinate: *p becomes a copy in which that is memory of the call, with rows of points. NULL: it is not that. */
lstmt *find_deep_rows(offloading *o, points *p);

/* offload.c */
/* A cell that holds whether the condition and the guard around do. */
buffer *push_guard(offloading *o, lexpr *condition);
void walk_guarded(offloading *o, const lstmt_list *body, buffer *cell);

/* offload_kernel.c */
lstmt *new_kernel(offloading *o, lexpr *blocks, int threads);
lexpr *load_cell(offloading *o, buffer *b);
void push_rows(offloading *o, lstmt *loop);
/* The statement in one thread; what it adds up goes into cells. */
void push_serial_sums(offloading *o, lstmt *s);
/* A declaration; rest: what follows it. */
void begin_state(offloading *o, lstmt *acc, const lstmt_list *rest);
/* The states of a kernel's accumulators go into cells, if something reads them. */
void finish_states(offloading *o, lstmt_list *out, const lstmt_list *accs);
void keep_state(offloading *o, lstmt_list *out, temp *t);
/* Temporaries that the GPU knows, in the expressions of the statement, become loads. */
void read_cells(offloading *o, lstmt *s);
lexpr *with_cells(offloading *o, lexpr *e);
buffer *cell_of(offloading *o, temp *t);
buffer *new_cell(offloading *o, const char *name, elem e);
void flush_serial(offloading *o);
void push_serial(offloading *o, lstmt *s);
/* The loop, whose passes are independent, as a kernel. */
void push_kernel(offloading *o, lstmt *loop);

#endif
