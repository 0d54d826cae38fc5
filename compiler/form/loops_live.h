/* Which temporaries of loop nests are read by something with an effect, directly or through other temporaries. */
#ifndef ADC_FORM_LOOPS_LIVE_H
#define ADC_FORM_LOOPS_LIVE_H
#include "form/loops.h"

/* Adds them to the map; the values are not NULL. */
void loops_live(map *live, const lstmt_list *body);
/* An assignment to a temporary that is not in the map. */
bool loops_is_dead(const map *live, const lstmt *s);

#endif
