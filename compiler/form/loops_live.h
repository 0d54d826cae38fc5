/* Which temporaries of loop nests are read by something with an effect, directly or through other temporaries; how
 * often buffers are mentioned. */
#ifndef ADC_FORM_LOOPS_LIVE_H
#define ADC_FORM_LOOPS_LIVE_H
#include "base/map.h"
#include "form/loops.h"

/* Adds them to the map; the values are not NULL. */
void loops_live(map *live, const lstmt_list *body);
/* An assignment to a temporary that is not in the map. */
bool loops_is_dead(const map *live, const lstmt *s);

/* Adds buffer -> int *: how many statements and loads of the list mention it. */
void loops_count_uses(map *uses, arena *mem, const lstmt_list *list);

#endif
