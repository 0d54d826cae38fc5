/* Private to schedule_loop.c and schedule_keep.c: a loop being emitted. */
#ifndef ADC_STAGE_SCHEDULE_LOOP_H
#define ADC_STAGE_SCHEDULE_LOOP_H
#include "stage/schedule/schedule_state.h"

typedef struct looping {
    scheduler *s;
    block *b, *k; /* around, body */
    item *it;
    int n;
    var **vars; /* t, states */
    node **nexts;
    lstmt *loop;
    lexpr *pass;          /* t - lo */
    temp *passes;         /* made so far; NULL: hi - lo in the end */
    temp **scalars;       /* per state of rank 0 */
    buffer **now, **next; /* per tensor state */
    item_list given;
    VEC(node *) roots;
    bool *runs; /* per state: brought back by passes that run again, asked for or needed for one that is; NULL: none */
} looping;

/* Memory of state k, as yet without a value. */
void loop_declare_tensor(looping *l, int k);
/* Within the body, state k is its variable. */
void loop_bind_state(looping *l, int k);
/* The statements of a pass, into the body. */
void loop_emit_pass(looping *l);
void loop_push_range(looping *l);
lstmt *loop_copy(scheduler *s, lstmt_list *out, lstmt_kind kind, buffer *to, buffer *from);

/* schedule_keep.c: what a loop keeps. */
typedef struct keeper keeper;
/* Before the loop, whose states have their first values; NULL: its states are not asked for. */
keeper *keep_begin(looping *l);
/* First in its body. */
void keep_pass(keeper *k, looping *l);

#endif
