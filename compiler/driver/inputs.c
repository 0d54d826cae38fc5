/* Makes up sizes and inputs: what a function is tried with when its user gave no values.
 *
 * Sizes are small and distinct, so that a wrong axis is seen; tensors are normal, real scalars lie in [0.5, 1.5], as
 * they mostly are scales. The later trials are for functions that need positive inputs, equal sizes, or a large first
 * size. */
#include "driver/inputs.h"

static bool is_float(ad_type type)
{
    return type == AD_F64 || type == AD_F32;
}

typedef struct trial {
    int64_t sizes[8]; /* for the unknown sizes in order, the last one for those behind */
    distribution tensors;
    double low, high; /* of uniform inputs */
    bool wide;        /* indices reach over the whole of the shortest axis; else they are below 3 */
} trial;

static const trial trials[] = {
    {{5, 3, 4, 6, 7, 8, 9, 10}, NORMAL, 0.5, 1.5, false},    {{5, 3, 4, 6, 7, 8, 9, 10}, UNIFORM, 0.5, 1.5, false},
    {{5, 3, 4, 6, 7, 8, 9, 10}, UNIFORM, 0.05, 0.95, false}, {{4, 4, 4, 4, 4, 4, 4, 4}, NORMAL, 0.5, 1.5, false},
    {{4, 4, 4, 4, 4, 4, 4, 4}, UNIFORM, 0.5, 1.5, false},    {{12, 8, 6, 5, 4, 3, 2, 2}, NORMAL, 0.5, 1.5, false},
    {{12, 8, 6, 5, 4, 3, 2, 2}, UNIFORM, 0.5, 1.5, false},   {{8, 4, 2, 1, 1, 1, 1, 1}, NORMAL, 0.5, 1.5, false},
    {{5, 4, 3, 2, 2, 2, 2, 2}, NORMAL, 0.5, 1.5, false},     {{2, 3, 5, 8, 12, 16, 20, 24}, UNIFORM, 0.5, 1.5, false},
};
const int inputs_trials = sizeof trials / sizeof *trials;

/* Reals as the trial says; ints are valid indices for every axis where such are possible. */
static void fill(const call *c, const trial *how, int i, uint64_t seed)
{
    tensor *t = &c->in[i];
    uint64_t stream = random_stream(seed, c->f->args[i].name), least = how->wide ? INT64_MAX : 3;
    if (is_float(t->type) && t->rank && how->tensors == NORMAL) {
        random_fill(t, NORMAL, seed, c->f->args[i].name);
        return;
    }
    for (int k = 0; k < c->f->size_count; k++)
        if (c->sizes[k] > 0 && (uint64_t)c->sizes[k] < least)
            least = (uint64_t)c->sizes[k];
    for (int64_t e = 0; e < t->count; e++)
        if (is_float(t->type))
            tensor_put(t, e, how->low + (how->high - how->low) * random_uniform(&stream));
        else if (t->type == AD_INT64)
            ((int64_t *)t->data)[e] = t->rank ? (int64_t)(random_next(&stream) % least) : 3;
        else
            ((bool *)t->data)[e] = random_next(&stream) >> 63;
}

static bool make_input(const call *c, const trial *how, int i, uint64_t seed)
{
    const ad_argument *a = &c->f->args[i];
    if (c->in[i].data)
        return true;
    int64_t *dims = ARENA_ARRAY(c->mem, int64_t, a->rank ? a->rank : 1);
    call_extents(c, i, dims);
    if (!tensor_new(c->mem, a->type, a->rank, dims, &c->in[i]))
        return false;
    fill(c, how, i, seed);
    return true;
}

/* Scalars first: extents may mention them. */
static bool make_inputs(call *c, const trial *how, uint64_t seed)
{
    for (int rank = 0; rank <= VALUE_MAX_RANK; rank++) {
        call_fix(c);
        for (int i = 0; i < c->inputs; i++)
            if (c->f->args[i].rank == rank && !make_input(c, how, i, seed))
                return false;
    }
    call_fix(c);
    return true;
}

bool inputs_complete(call *c, int t, uint64_t seed)
{
    const trial *how = &trials[t];
    int next = 0;
    for (int i = 0; i < c->f->size_count; i++)
        if (!c->known[i].known) {
            c->known[i] = (known_size){true, how->sizes[next], "gradcheck"};
            next += next < 7;
        }
    return make_inputs(c, how, seed);
}

bool inputs_random(call *c, uint64_t seed)
{
    static const trial measured = {.tensors = NORMAL, .low = 0.5, .high = 1.5, .wide = true};
    return make_inputs(c, &measured, seed);
}
