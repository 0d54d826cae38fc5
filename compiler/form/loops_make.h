/* Makes the parts of loop nests. All memory is the arena's; nothing is checked. */
#ifndef ADC_FORM_LOOPS_MAKE_H
#define ADC_FORM_LOOPS_MAKE_H
#include "base/map.h"
#include "form/loops.h"

/* A value has lanes when one of its parts has, unless it is made of lanes. */
lexpr *lexpr_new(arena *mem, lexpr proto);
lexpr *lexpr_int(arena *mem, int64_t x);
lexpr *lexpr_const(arena *mem, elem e, double x);
lexpr *lexpr_size(arena *mem, const extent *e);
lexpr *lexpr_temp(arena *mem, temp *t);
lexpr *lexpr_point(arena *mem, op o, elem e, int n, lexpr *const *args);
lexpr *lexpr_bin(arena *mem, op o, lexpr *a, lexpr *b);
lexpr *lexpr_copy(arena *mem, const lexpr *e);
/* a b + c, the product not rounded where the processor can. */
lexpr *lexpr_fma(arena *mem, lexpr *a, lexpr *b, lexpr *c);
/* What stage/fuse/fuse_contract.c makes of a product that a sum adds: a*b + c, c a zero. */
bool lexpr_is_product_term(const lexpr *e);
lexpr *lexpr_select(arena *mem, lexpr *c, lexpr *a, lexpr *b);
bool lexpr_is_equal(const lexpr *a, const lexpr *b);

/* The extent that a loop, or the one that it is a part of, runs over from 0; NULL: its bounds are no extents. */
const extent *lstmt_range(const lstmt *loop);

/* x; 0 where it is infinite. */
lexpr *lexpr_finite(arena *mem, lexpr *x);
/* exp(x - shift), by powers of two: what that adds to the error of a term, a sum of such terms cannot see, its greatest
 * being 1. */
lexpr *lexpr_exp_less(arena *mem, lexpr *x, lexpr *shift);
/* Whether e, or NULL, reads a temporary or loads from a buffer: that one; any of a map's keys. */
bool lexpr_reads(const lexpr *e, const void *what);
bool lexpr_depends(const lexpr *e, const map *on);
/* Whether a statement, not those within it, reads one in its expression, its filter or its subscripts. */
bool lstmt_reads(const lstmt *s, const void *what);
/* An op that lanes are given one by one; stays a declaration of its own. */
bool lexpr_is_lanewise(const lexpr *e);

temp *temp_new(arena *mem, const char *name, elem e, bool lanes);
/* The names of temporaries need not be unique: the printer makes them so. */
lstmt *lstmt_new(arena *mem, lstmt_list *out, lstmt_kind kind);
temp *lstmt_let(arena *mem, lstmt_list *out, const char *name, lexpr *e);
void lstmt_var(arena *mem, lstmt_list *out, temp *t, lexpr *e);
void lstmt_set(arena *mem, lstmt_list *out, temp *t, lexpr *e);
/* The sum with one more term x: what the last addition lost goes into the term (Kahan 1965); what this one loses is
 * known exactly (TwoSum: Knuth, The Art of Computer Programming 2, 4.2.2). Of an infinite total nothing is lost. */
lexpr *lstmt_compensated(arena *mem, lstmt_list *out, lexpr *sum, lexpr *lost, lexpr *x, lexpr **still_lost);

#endif
