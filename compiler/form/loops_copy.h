/* Copies of statements, whose temporaries and arrays are their own. */
#ifndef ADC_FORM_LOOPS_COPY_H
#define ADC_FORM_LOOPS_COPY_H
#include "base/map.h"
#include "form/loops.h"

typedef struct loops_copying {
    arena *mem;
    nest_fn *f;
    map temps;          /* temp -> that of the copy; others are shared */
    map buffers;        /* buffer -> that of the copy; others are shared */
    const char *suffix; /* of the names of what is new */
} loops_copying;

void loops_copy_init(loops_copying *c, arena *mem, nest_fn *f, const char *suffix);
temp *loops_copy_temp(const loops_copying *c, temp *t);
lexpr *loops_copy_expr(const loops_copying *c, const lexpr *e);
/* What the statement declares is new in the copy, and in what is copied after it. */
lstmt *loops_copy(loops_copying *c, const lstmt *s);
/* The statements, to be looked at while others work on these. */
lstmt_list loops_copy_all(arena *mem, const lstmt_list *list);

#endif
