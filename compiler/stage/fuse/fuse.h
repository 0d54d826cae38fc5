/* Decides what is stored: afterwards every tensor node that is left is stored, every other value is computed where it
 * is used. Works on graphs without derivative nodes.
 *
 * 1. Sums over all terms that data assign to an entry become one scatter for all entries.
 * 2. An axis of which the digits are read, div(i, S) and mod(i, S), becomes an axis for each.
 * 3. Sums and products over a few constant entries are written out.
 * 4. A tensor larger than any input or output is never stored (the promise of language.md), a cheap one, or one used
 * once by as many points as it has, neither: its accesses are replaced by its entry.
 * 5. A reduction that would be computed again for each point of an axis it does not depend on is stored. */
#ifndef ADC_STAGE_FUSE_H
#define ADC_STAGE_FUSE_H
#include "form/graph_fn.h"
#include "form/loops.h" /* sum_mode */

/* Each rewrites the outs and checks of f in place. simplify is called between them by the driver. False: nothing
 * changed. */
bool fuse_scatter(graph *g, graph_fn *f, sum_mode sums);
bool fuse_digits(graph *g, graph_fn *f);
bool fuse_unroll(graph *g, graph_fn *f);
void fuse_inline(graph *g, graph_fn *f);
bool fuse_lift(graph *g, graph_fn *f, target_kind target);
/* What lifting left of cheap tensors. */
void fuse_inline_cheap(graph *g, graph_fn *f);

/* Fewer operations in inner loops. What simplify would put back, so it does not run afterwards. is_fast:
 * as --math=fast allows it, also at a loss of accuracy, which f then tells. */
void fuse_strength(graph *g, graph_fn *f, target_kind target, bool is_fast);

/* The last step: which products are added before they are rounded (fused multiply-adds). Decided here, and not by the C
 * compiler, so that a value has the same bits wherever it is computed: what a pass of a loop computes, and what is
 * computed again on the way back. Sums whose terms are products are such additions, too (stage/accumulate.h). */
void fuse_contract(graph *g, graph_fn *f);

/* Before derive: cheap tensors are inlined, and costly values below axes that they do not depend on become tensors,
 * whatever their size, so that their adjoint is summed over those axes before it goes on. */
void fuse_prepare(graph *g, graph_fn *f);

#endif
