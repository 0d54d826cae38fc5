/* Private to stage/offload_deep*.c. */
#ifndef ADC_STAGE_OFFLOAD_DEEP_H
#define ADC_STAGE_OFFLOAD_DEEP_H
#include "stage/offload/offload_tiles.h"

enum {
    MOST_VALUES = 2,        /* of rows, and of columns */
    ROW_BYTES = 64 * 4,     /* of the coordinates of a row in shared memory */
    ROW = TILE_THREADS + 1, /* their rows are apart by an odd number */
    COLUMN_BYTES = 8192,    /* of columns there */
    SHARED_BYTES = 48 * 1024 - 256,
    DEEP_BLOCKS = MANY_BLOCKS / 4, /* up to which rows' entries have parts: these take memory */
    DEEP_SPLITS = 8,               /* parts of a row, at most */
    SLOTS = 128,                   /* coordinates of groups, at most */
    WARP = 32
};

typedef struct deep_value {
    lexpr *value; /* in the row's or the column's index and the coordinate's */
    buffer *memory;
} deep_value;

/* A value of the column that its entries need. */
typedef struct deep_kept {
    temp *of;
    buffer *values; /* of the columns of the group */
} deep_kept;

/* to[coordinate, point] += term, for all coordinates. */
typedef struct deep_entries {
    lexpr *term;
    buffer *to;
} deep_entries;

typedef struct deep_sum {
    lexpr *term;
    buffer *sums; /* of the columns of the group */
} deep_sum;

struct deep {
    VEC(deep_sum) sums;
    VEC(deep_entries) entries;
    VEC(deep_kept) kept;
    deep_value rows[MOST_VALUES], columns[MOST_VALUES];
    int nrows, ncolumns;
    lexpr *length; /* how many coordinates */
    /* in all terms: the coordinate, its number among those in shared memory, where the group's begin, the column */
    temp *coordinate, *at, *slot, *column;
    lexpr *in_group;       /* the column's number */
    int part, slots;       /* coordinates in shared memory at a time, and those of all groups, at most */
    lexpr *width, *groups; /* coordinates and groups of columns in shared memory */
};

buffer *deep_array(tiling *t, buffer_kind kind, const char *name, elem e, int rows, int columns);
/* For d in 0..D, an addition to an entry of the row's memory. */
bool is_over_entries(const lstmt *s);

#endif
