/* Private to stage/vectorize*.c. */
#ifndef ADC_STAGE_VECTORIZE_STATE_H
#define ADC_STAGE_VECTORIZE_STATE_H
#include "base/map.h"
#include "form/loops_make.h"

enum { TYPICAL_LANES = 8, TYPICAL_TRIPS = 100, TYPICAL_FEATURES = 12 };

/* What the body of a loop does with lanes of the loop's index. */
typedef struct lane_facts {
    arena *mem;
    const lstmt *loop;
    const map *uses; /* buffer -> number of times the function mentions it */
    map defs;        /* temporary of an LS_LET in the body -> its value, as it was before lanes */
    map inside;      /* temporaries declared in the body */
    map varies;      /* temporaries that differ from lane to lane */
    map lanes;       /* buffers of which each lane has its own */
    map inside_uses; /* buffer -> int: as uses, in the body */
    map windows;     /* buffers of which the body reads neighbouring entries */
    bool changed, possible;
} lane_facts;

/* vectorize_facts.c */
void lane_facts_find(lane_facts *f, arena *mem, const map *uses, const lstmt *loop);
bool lane_varies(const lane_facts *f, const lexpr *e);
bool lane_is_private(const lane_facts *f, const buffer *b);
/* How far apart the entries are that neighbouring lanes read or write; NULL: by no fixed step. */
const extent *lane_step(const lane_facts *f, const buffer *b, lexpr *const *subs);
/* A subscript for lane 0. */
lexpr *lane_first(const lane_facts *f, lexpr *sub);
/* A subscript in terms of the loop's index and of what is known outside; NULL: there is no such. */
lexpr *lane_expanded(const lane_facts *f, lexpr *sub);
/* The leading subscripts differ, the others do not: a row per lane. Their number, 0 when it is not so. */
int lane_row(const lane_facts *f, const lexpr *load);

/* vectorize_cost.c: picks the loops of the list to run in lanes: chosen[loop]. */
typedef struct lane_choice {
    arena *mem;
    const interface_fn *face; /* that tells points from features: their sizes are judged apart; NULL: they are not */
    map uses;
    map chosen; /* lstmt -> lane_facts */
} lane_choice;

/* Returns what the list then costs. */
double lane_choose(lane_choice *c, const lstmt_list *list);
/* The loads of rows that inner loops repeat: worth a copy with a row per lane. */
bool lane_is_repeated(const lane_facts *f, const lexpr *load, int nloops, const lstmt *const *loops);

/* vectorize_tile.c: marks the buffers to have in tiles, then picks the loops of the function. */
void tile_choose(lane_choice *c, nest_fn *f);
/* Loads of single entries of them become lanes of tiles. */
void tile_finish(arena *mem, lstmt_list *list);

#endif
