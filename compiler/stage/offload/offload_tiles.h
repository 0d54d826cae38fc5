/* Private to stage/offload/offload_tiles.c, offload_columns.c and offload_groups.c. */
#ifndef ADC_STAGE_OFFLOAD_TILES_H
#define ADC_STAGE_OFFLOAD_TILES_H
#include "form/loops_copy.h"
#include "stage/offload/offload_state.h"

enum {
    TILE_THREADS = 128,
    TILE_ROWS = 4,                 /* of a thread, at most */
    LIST_BLOCKS = MANY_BLOCKS / 2, /* that keep lists: of more, merging takes too long */
    TILE = 128,                    /* columns; one for each thread to compute */
    SCORES = 8                     /* of a group of columns; light sums of exponentials: of half a group */
};

typedef struct staged {
    lexpr *value; /* of the column */
    buffer *tile;
    int at; /* entry of the column's row in the tile */
} staged;

typedef struct deep deep; /* offload_deep.c */

typedef struct tiling {
    offloading *o;
    lstmt *sum;
    map rows;    /* temporaries that differ from row to row, or inside inner loops */
    map columns; /* that are the column's, and no row's */
    VEC(staged) stage;
    lstmt_list before; /* declarations of the column, in their order */
    buffer *tiles[ELEM_BOOL + 1];
    int entries[ELEM_BOOL + 1];
    lexpr *in_tile; /* the column's number in the tile */
    int group;      /* columns of a group */
    lexpr *end;     /* of the columns */
    deep *deep;     /* sums over coordinates; NULL: none */
} tiling;

typedef struct row {
    loops_copying copy;
    lexpr *point, *valid;
    lstmt_list accs; /* of the sum */
    map parts;       /* value of the whole -> value of the tile */
} row;

/* A group of columns: see offload_groups.c. */
typedef struct scoring {
    lstmt_list outside; /* of the loop over groups */
    lstmt_list before, after;
    lexpr *fits;       /* the sums of exponentials can be used; NULL: there are none */
    lstmt_list raises; /* where they cannot: makes those that can */
    lexpr *column;     /* in the group */
    lexpr *first;      /* of the group, in the tile */
    lexpr *tile;
    lexpr *inside; /* the column is one; NULL: all are */
    lexpr *last;   /* column in the tile; NULL: no group goes beyond it */
} scoring;

/* offload_columns.c */
/* Finds what of the sum's body depends on the column alone; the body then reads it from the tile. */
void find_columns(tiling *t, const points *p);
void declare_tiles(tiling *t, lstmt_list *out);
/* The block computes the columns of the tile that begins at `tile`; those beyond the end are the last one again. */
void emit_staging(tiling *t, lstmt_list *out, lexpr *tile, lexpr *end);

/* Temporaries and local arrays that the statements declare become keys of m. */
void note_declared(map *m, const lstmt_list *body);

/* offload_groups.c */
bool has_scores(const lstmt_list *body);
/* In groups nothing else is done than to add and to select. */
bool can_group(arena *mem, const lstmt_list *body);
/* Scores are in an array for each row. */
bool keeps_scores(const lstmt_list *body);
lstmt *loop_over_scores(tiling *t, lstmt_list *out);
/* The body for one row; sums do not count what is beyond the end. */
void emit_scored(tiling *t, scoring *g, lstmt_list *out, lstmt_list *body);
/* NULL: always. */
lexpr *score_filter(const tiling *t, const scoring *g, lexpr *filter);
lexpr *chosen_score(const tiling *t, const scoring *g, lexpr *filter, lexpr *value, lexpr *otherwise);
/* The better one of best and value, o being OP_MAX or OP_MIN. */
void set_better(tiling *t, lstmt_list *out, op o, temp *best, lexpr *value);

/* offload_exponentials.c: one more term of the row's sum for each column of the group. */
void add_exponential(tiling *t, scoring *g, const lstmt_list *body, const lstmt *add, lstmt_list *out);

/* offload_lists.c */
/* All that the body changes are lists of the row's extreme values. */
bool keeps_lists(const lstmt_list *body);
/* The rows' lists of what parts of the range gave in all splits; only the last block of them goes on. */
void join_lists(offloading *o, lstmt_list *out, const points *p, const lstmt *sum, int n, row *rows);

/* offload_deep.c */
/* The sums over coordinates in the sum's body, which then reads their values; NULL: there are none, or they cannot. */
deep *find_deep(tiling *t, const points *p);
/* They add to memory of the row. */
bool has_deep_entries(const deep *d);
/* How many blocks share the columns of a row that has such memory, for each a part. */
lexpr *count_deep_splits(tiling *t, const points *p, lexpr *blocks);
/* The parts of the row's entries are added up, once the last split is there. */
void join_deep_entries(tiling *t, lstmt_list *out, const points *p, row *w);
/* Before the loop over tiles. */
void begin_deep(tiling *t, lstmt_list *out, const points *p, row *w);
/* The sums of the group's columns for the row. */
void add_deep(tiling *t, lstmt_list *out, const scoring *g, const points *p, row *w);
/* What its columns, up to `to` in the tile, add to the row's entries of the coordinates. */
void add_deep_entries(tiling *t, lstmt_list *out, const scoring *g, const points *p, row *w, lexpr *to);
/* The column's number in the group, for its body. */
void let_column_in_group(tiling *t, lstmt_list *out, lexpr *column);

/* offload_tiles.c: declares the column that is at g->column in its group. */
void let_grouped_column(tiling *t, const scoring *g, lstmt_list *out);
/* The statements write entries of buffers. */
bool writes_entries(const lstmt_list *body);

#endif
