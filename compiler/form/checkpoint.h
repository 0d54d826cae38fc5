/* What a loop keeps of its states for the loop that goes back through it, and what the rest costs.
 *
 * States at the start of some passes are kept in slots; those in between come back by running passes again from the
 * nearest one before. With s slots for l passes the binomial schedule of Griewank and Walther (Algorithm 799) runs the
 * fewest passes: split says where the next state is kept, and nothing else needs to be known of the way so far. */
#ifndef ADC_FORM_CHECKPOINT_H
#define ADC_FORM_CHECKPOINT_H
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef enum checkpoint_kind {
    KEEP_DEFAULT,  /* the same, and values of functions and of loops inside that a pass computes anyway */
    KEEP_ALL,      /* the state of every pass */
    KEEP_EVERY,    /* of every value-th one; on the way back those in between too, as long as they are needed */
    KEEP_REVOLVE,  /* `value` states by the binomial schedule */
    KEEP_BUDGET,   /* as many by that schedule as fit in `value` bytes */
    KEEP_RECOMPUTE /* the first one */
} checkpoint_kind;

typedef struct checkpoint {
    checkpoint_kind kind;
    int64_t value;
} checkpoint;

/* "revolve 8" */
const char *checkpoint_text(arena *mem, checkpoint c);
/* False when the words are no choice; count and unit may be NULL. Units are B, KiB, MiB, GiB, kB, MB and GB. */
bool checkpoint_of_words(const char *kind, const char *count, const char *unit, checkpoint *out);
/* The same for one text, "budget 64 MiB". */
bool checkpoint_read(const char *text, checkpoint *out);

/* How many passes run again on the way back, when so many states are kept, that of the last pass included. */
double checkpoint_again(checkpoint c, double passes, double slots);

#endif
