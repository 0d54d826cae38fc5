/* The function that tells which subscript is out of range, after the function itself has refused its arguments.
 *
 * In it each check is not whether a subscript is in range but the subscript where it is not, so that least values take
 * the place of conjunctions: over axes, over passes, over the checks of one rule. */
#include "stage/lower/lower_state.h"

node *lower_ask(lowering *l, node *ok, node *sub)
{
    return graph_select(l->g, ok, graph_int(l->g, INT64_MAX), sub);
}

static interface_arg answer_arg(const char *name)
{
    return (interface_arg){.name = name, .role = ARG_RESULT, .elem = ELEM_INT, .gradient_of = -1};
}

static void answer_rule(lowering *l, graph_fn *out, int rule)
{
    graph *g = l->g;
    interface_fn *face = out->face;
    node *value = graph_int(g, INT64_MAX), *size = graph_int(g, 0);
    for (int i = 0; i < out->checks.n; i++) {
        const index_check *c = &out->checks.data[i];
        if (c->rule != rule)
            continue;
        value = graph_bin(g, OP_MIN, value, c->ok);
        size = graph_size(g, c->size);
    }
    face->args[face->nargs++] = answer_arg(arena_printf(l->mem, "subscript%d", rule));
    face->args[face->nargs++] = answer_arg(arena_printf(l->mem, "extent%d", rule));
    out->outs[out->nouts++] = value;
    out->outs[out->nouts++] = size;
}

void lower_answer(lowering *l, graph_fn *out)
{
    interface_fn *face = out->face;
    interface_arg *args = face->args;
    int inputs = 0;
    while (inputs < face->nargs && args[inputs].role == ARG_INPUT)
        inputs++;
    face->args = ARENA_ARRAY(l->mem, interface_arg, inputs + 2 * l->rules->n + 1);
    for (int i = 0; i < inputs; i++)
        face->args[i] = args[i];
    face->nargs = inputs;
    out->outs = ARENA_ARRAY(l->mem, node *, 2 * l->rules->n + 1);
    out->nouts = 0;
    for (int rule = 1; rule <= l->rules->n; rule++)
        answer_rule(l, out, rule);
    out->checks.n = 0;
}
