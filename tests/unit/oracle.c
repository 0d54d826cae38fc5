/* Evaluates canonical graphs directly: every bound variable has a current value, and every node keeps its last value
 * with the stamps of what it was computed from (its free variables and the seeds), so that sharing stays shared. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit/oracle_call.h"
#include "unit/oracle_machine.h"

typedef void visitor(machine *m, node *n, void *data);

/* ---- Sizes ---- */

static bool size_value(const char *atom, int64_t *value, void *data)
{
    const oracle *o = data;
    for (int i = 0; i < o->nsizes; i++)
        if (!strcmp(o->size_names[i], atom)) {
            *value = o->sizes[i];
            return true;
        }
    return false;
}

static int64_t extent_value(const oracle *o, const extent *e)
{
    int64_t x;
    bool known = extent_eval(e, size_value, (void *)(uintptr_t)o, &x);
    assert(known);
    return known ? x : 0;
}

int64_t count_of(const oracle *o, int rank, const extent *const *extents)
{
    int64_t count = 1;
    for (int i = 0; i < rank; i++) {
        int64_t x = extent_value(o, extents[i]);
        count *= x > 0 ? x : 0;
    }
    return count;
}

int64_t oracle_count(const oracle *o, const node *root)
{
    return count_of(o, root->rank, root->extents);
}

static num scalar(machine *m, node *n)
{
    array a = eval(m, n);
    return get(&a, 0);
}

static int64_t integer(machine *m, node *n)
{
    return (int64_t)scalar(m, n).c[0];
}

/* ---- Variables ---- */

static binding *binding_of(machine *m, const var *v)
{
    binding *b = map_get(&m->bindings, v);
    if (!b) {
        b = ARENA_NEW(m->mem, binding);
        map_set(&m->bindings, v, b);
    }
    return b;
}

void bind_value(machine *m, const var *v, array value)
{
    *binding_of(m, v) = (binding){++m->stamps, value};
}

static void bind_int(machine *m, const var *v, int64_t x)
{
    array a = array_new(m, 1);
    a.c[0] = (long double)x;
    bind_value(m, v, a);
}

/* The bindings of the variables of a binder, kept while it runs. */
binding *save(machine *m, const node *n)
{
    binding *old = ARENA_ARRAY(m->mem, binding, n->nvars);
    for (int i = 0; i < n->nvars; i++)
        old[i] = *binding_of(m, n->vars[i]);
    return old;
}

void restore(machine *m, const node *n, const binding *old)
{
    for (int i = 0; i < n->nvars; i++)
        *binding_of(m, n->vars[i]) = old[i];
}

/* ---- Pointwise ---- */

static bool truth(machine *m, node *n)
{
    return scalar(m, n).c[0] != 0;
}

static num random_value(machine *m, const node *n)
{
    int64_t args[16];
    assert(n->nargs <= 16);
    for (int i = 0; i < n->nargs; i++)
        args[i] = integer(m, n->args[i]);
    return num_of(num_random(n->op, n->elem, n->nargs, args));
}

static num compare(op o, long double a, long double b)
{
    return num_of(o == OP_EQ ? a == b : o == OP_NE ? a != b : o == OP_LT ? a < b : a <= b);
}

static num to_int(long double x)
{
    if (isnan(x))
        return num_of(0);
    return num_of(x >= 0x1p63L ? (long double)INT64_MAX : x <= -0x1p63L ? (long double)INT64_MIN : truncl(x));
}

static num eval_point(machine *m, const node *n)
{
    int d = m->depth;
    if (n->op == OP_SELECT)
        return scalar(m, n->args[truth(m, n->args[0]) ? 1 : 2]);
    if (n->op == OP_AND || n->op == OP_OR)
        return num_of(truth(m, n->args[0]) == (n->op == OP_OR) ? n->op == OP_OR : truth(m, n->args[1]));
    if (n->op == OP_SEEK)
        return scalar(m, n->args[0]);
    if (n->op == OP_NORMAL || n->op == OP_UNIFORM)
        return random_value(m, n);
    num a = scalar(m, n->args[0]), b = n->nargs > 1 ? scalar(m, n->args[1]) : num_of(0);
    if (n->op == OP_NOT)
        return num_of(a.c[0] == 0);
    if (n->op == OP_EQ || n->op == OP_NE || n->op == OP_LT || n->op == OP_LE)
        return compare(n->op, a.c[0], b.c[0]);
    if (n->op == OP_TO_INT)
        return to_int(a.c[0]);
    if (n->op == OP_TO_F64 || n->op == OP_TO_F32)
        return a;
    if (n->op == OP_STOP)
        return num_of(a.c[0]);
    if (n->op == OP_POLYGAMMA || n->op == OP_SINC)
        return num_un(d, n->op, (int)a.c[0], b);
    if (n->op == OP_FMA)
        return num_add(d, num_mul(d, a, b), scalar(m, n->args[2]));
    if (elem_is_float(n->elem))
        return n->nargs == 1 ? num_un(d, n->op, 0, a) : num_bin(d, n->op, a, b);
    int64_t x = (int64_t)a.c[0], y = (int64_t)b.c[0];
    return num_of((long double)(n->nargs == 1 ? num_int_un(n->op, x) : num_int_bin(n->op, x, y)));
}

static num eval_access(machine *m, const node *n)
{
    const node *t = n->args[0];
    int64_t at = 0;
    bool inside = true;
    for (int i = 0; i < t->rank; i++) {
        int64_t size = extent_value(m->o, t->extents[i]), k = integer(m, n->args[1 + i]);
        inside &= 0 <= k && k < size;
        at = at * size + k;
    }
    array a = eval(m, n->args[0]);
    return inside ? get(&a, at) : num_of(elem_is_float(n->elem) ? NAN : 0);
}

/* ---- Axes ---- */

typedef struct walk {
    node *n;
    int first_range; /* index of the first range among the arguments */
    visitor *visit;
    void *data;
    bool filtered;
} walk;

/* Runs over axes k, k+1, ...; flat is the row-major place so far. */
static void run_axes(machine *m, walk *w, int k, int range)
{
    node *n = w->n;
    if (k == n->nvars) {
        if (!w->filtered || truth(m, n->args[1]))
            w->visit(m, n, w->data);
        return;
    }
    const var *v = n->vars[k];
    int64_t lo = 0, hi;
    if (v->extent) {
        hi = extent_value(m->o, v->extent);
    } else {
        lo = integer(m, n->args[w->first_range + range]);
        hi = integer(m, n->args[w->first_range + range + 1]);
        range += 2;
    }
    for (int64_t i = lo; i < hi; i++) {
        bind_int(m, v, i);
        run_axes(m, w, k + 1, range);
    }
}

static void run(machine *m, node *n, int first_range, bool filtered, visitor *visit, void *data)
{
    binding *old = save(m, n);
    walk w = {n, first_range, visit, data, filtered};
    run_axes(m, &w, 0, 0);
    restore(m, n, old);
}

/* Row-major index over the axes; of one dynamic axis its value. */
static int64_t flat_index(machine *m, const node *n)
{
    int64_t at = 0;
    for (int i = 0; i < n->nvars; i++) {
        const var *v = n->vars[i];
        at = at * (v->extent ? extent_value(m->o, v->extent) : 1) + (int64_t)binding_of(m, v)->value.c[0];
    }
    return at;
}

/* ---- Reductions ---- */

typedef struct term {
    num value;
    int64_t index;
} term;

typedef VEC(term) terms;

static void collect(machine *m, node *n, void *data)
{
    terms *list = data;
    term t = {scalar(m, n->args[0]), flat_index(m, n)};
    vec_push(m->mem, list, t);
}

/* a comes before b: smaller (sign 1) or greater (-1); NaN first. */
static bool before(long double a, long double b, int sign)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && !isnan(b);
    return sign > 0 ? a < b : a > b;
}

static int first_of(const terms *t, int sign)
{
    int best = -1;
    for (int i = 0; i < t->n; i++)
        if (best < 0 || before(t->data[i].value.c[0], t->data[best].value.c[0], sign))
            best = i;
    return best;
}

static num log_sum_exp(int d, const terms *t)
{
    int best = first_of(t, -1);
    if (best < 0 || !t->data)
        return num_of(-INFINITY);
    num top = num_of(t->data[best].value.c[0]), sum = num_of(0);
    if (isinf(top.c[0]))
        return t->data[best].value;
    for (int i = 0; i < t->n; i++)
        sum = num_add(d, sum, num_exp(d, num_sub(d, t->data[i].value, top)));
    return num_add(d, num_log(d, sum), top);
}

static num neutral(const node *n)
{
    if (n->op == OP_ARGMAX || n->op == OP_ARGMIN)
        return num_of(-1);
    if (n->elem == ELEM_INT)
        return num_of((long double)(n->op == OP_RMIN ? INT64_MAX : INT64_MIN));
    return num_of(n->op == OP_RMIN ? INFINITY : -INFINITY);
}

static num eval_reduce(machine *m, node *n)
{
    terms t = {0};
    run(m, n, 2, true, collect, &t);
    int d = m->depth, sign = n->op == OP_RMIN || n->op == OP_ARGMIN ? 1 : -1, best;
    num x = num_of(n->op == OP_PROD || n->op == OP_ALL);
    switch (n->op) {
    case OP_RMAX:
    case OP_RMIN:
        best = first_of(&t, sign);
        return best < 0 || !t.data ? neutral(n) : t.data[best].value;
    case OP_ARGMAX:
    case OP_ARGMIN:
        best = first_of(&t, sign);
        return best < 0 || !t.data ? neutral(n) : num_of((long double)t.data[best].index);
    case OP_LSE:
        return log_sum_exp(d, &t);
    default:
        break;
    }
    for (int i = 0; i < t.n; i++) {
        num y = t.data[i].value;
        if (n->op == OP_SUM)
            x = num_add(d, x, y);
        else if (n->op == OP_PROD)
            x = num_mul(d, x, y);
        else /* any, all */
            x = num_of(n->op == OP_ANY ? x.c[0] != 0 || y.c[0] != 0 : x.c[0] != 0 && y.c[0] != 0);
    }
    return x;
}

static array eval_argk(machine *m, node *n)
{
    array a = array_new(m, count_of(m->o, 1, n->extents));
    terms t = {0};
    run(m, n, 2, true, collect, &t);
    int sign = n->op == OP_ARGKMIN ? 1 : -1;
    for (int64_t k = 0; k < a.count; k++) {
        int best = first_of(&t, sign);
        put(&a, k, num_of(best < 0 ? -1 : (long double)t.data[best].index));
        if (best < 0)
            continue;
        memmove(t.data + best, t.data + best + 1, (size_t)(t.n - best - 1) * sizeof *t.data);
        t.n--;
    }
    return a;
}

/* ---- Tensors ---- */

typedef struct target {
    array *a;
    int64_t next;
} target;

static void set_next(machine *m, node *n, void *data)
{
    target *t = data;
    put(t->a, t->next++, scalar(m, n->args[0]));
}

static array eval_tensor(machine *m, node *n)
{
    array a = array_new(m, count_of(m->o, n->rank, n->extents));
    target t = {&a, 0};
    run(m, n, 1, false, set_next, &t);
    return a;
}

static void add_at(machine *m, node *n, void *data)
{
    array *a = data;
    int64_t at = 0;
    for (int i = 0; i < n->rank; i++) {
        int64_t size = extent_value(m->o, n->extents[i]), k = integer(m, n->args[2 + i]);
        if (k < 0 || k >= size)
            return;
        at = at * size + k;
    }
    put(a, at, num_add(m->depth, get(a, at), scalar(m, n->args[0])));
}

static array eval_scatter(machine *m, node *n)
{
    array a = array_new(m, count_of(m->o, n->rank, n->extents));
    run(m, n, 2 + n->rank, true, add_at, &a);
    return a;
}

static array eval_input(machine *m, const node *n)
{
    array a = array_new(m, count_of(m->o, n->rank, n->extents));
    assert(n->integer < m->o->ninputs);
    const oracle_input *in = &m->o->inputs[n->integer];
    for (int64_t i = 0; i < a.count; i++)
        put(&a, i, num_of(elem_is_float(n->elem) ? in->real[i] : (long double)in->ints[i]));
    return a;
}

/* ---- Loops ---- */

/* Runs the loop of n (a LOOP, or a STACK over one), calling visit in each pass before the states move on. Returns the
 * number of passes. */
static int64_t run_loop(machine *m, node *loop, const node *binder, array *states, visitor *visit, void *data)
{
    int count = loop->nvars - 1;
    int64_t lo = integer(m, loop->args[0]), hi = integer(m, loop->args[1]);
    for (int i = 0; i < count; i++)
        states[i] = eval(m, loop->args[2 + i]);
    array *next = ARENA_ARRAY(m->mem, array, count + 1);
    binding *old = save(m, loop), *outer = save(m, binder);
    bool conditional = graph_rule(m->o->g, loop).conditional;
    int64_t t = lo;
    for (; t < hi && (!conditional || get(&states[0], 0).c[0] != 0); t++) {
        bind_int(m, binder->vars[0], t);
        for (int i = 0; i < count; i++)
            bind_value(m, binder->vars[1 + i], states[i]);
        if (visit)
            visit(m, (node *)(uintptr_t)binder, data);
        bind_int(m, loop->vars[0], t);
        for (int i = 0; i < count; i++)
            bind_value(m, loop->vars[1 + i], states[i]);
        for (int i = 0; i < count; i++)
            next[i] = eval(m, loop->args[2 + count + i]);
        memcpy(states, next, (size_t)count * sizeof *next);
    }
    restore(m, loop, old);
    restore(m, binder, outer);
    return t - lo;
}

static void push_pass(machine *m, node *n, void *data)
{
    target *t = data;
    array a = eval(m, n->args[1]);
    for (int64_t i = 0; i < a.count && t->next < t->a->count; i++)
        put(t->a, t->next++, get(&a, i));
}

static array eval_stack(machine *m, node *n)
{
    array a = array_new(m, count_of(m->o, n->rank, n->extents));
    node *loop = n->args[0];
    array *states = ARENA_ARRAY(m->mem, array, loop->nvars);
    target t = {&a, 0};
    run_loop(m, loop, n, states, push_pass, &t);
    return a;
}

/* ---- Calls ---- */

static num *numbers_of(machine *m, const array *a)
{
    num *x = ARENA_ARRAY(m->mem, num, a->count + 1);
    for (int64_t i = 0; i < a->count; i++)
        x[i] = get(a, i);
    return x;
}

/* Result k of a call; all are computed, or 0 where it is not wanted. */
static array eval_call(machine *m, node *call, int64_t k)
{
    enum { MOST = 4 };
    const routine *r = routine_row((routine_id)call->integer);
    routine_sizes z;
    const extent *arguments[MOST];
    int64_t sizes[MOST];
    num *in[MOST], *out[MOST];
    array result = {0};
    graph_call_sizes(m->o->g, call, &z);
    int n = routine_arguments(r, &z, arguments);
    for (int i = 0; i < n; i++)
        sizes[i] = extent_value(m->o, arguments[i]);
    for (int i = 0; i < graph_call_operands(call); i++) {
        array a = eval(m, call->args[i]);
        in[i] = numbers_of(m, &a);
    }
    for (int i = 0; i < routine_shapes(r->results); i++) {
        routine_shape s = routine_shape_of(&z, r->results, i, call->elem);
        array a = array_new(m, count_of(m->o, s.rank, s.extents));
        out[i] = numbers_of(m, &a);
        if (i == k)
            result = a;
    }
    array wanted = eval(m, graph_call_wanted(call));
    if (get(&wanted, 0).c[0] == 0)
        return result;
    oracle_call(m->mem, (routine_id)call->integer, m->depth, sizes, in, out);
    for (int64_t i = 0; i < result.count; i++)
        put(&result, i, out[k][i]);
    return result;
}

/* ---- Results ---- */

static array eval_out(machine *m, const node *n)
{
    node *of = n->args[0];
    if (of->op == OP_VJP)
        return eval_vjp(m, of, n->integer);
    if (of->op == OP_CALL)
        return eval_call(m, of, n->integer);
    array *states = ARENA_ARRAY(m->mem, array, of->nvars);
    int64_t passes = run_loop(m, of, of, states, NULL, NULL);
    if (n->integer < of->ninner)
        return states[n->integer];
    array a = array_new(m, 1);
    put(&a, 0, num_of((long double)passes));
    return a;
}

/* ---- Solvers ---- */

/* Gauss's elimination of A x = b; the matrix has n rows and n + 1 columns, the last one b. Exact for dual numbers too.
 */
static void eliminate(int d, int64_t n, num *a)
{
    int64_t width = n + 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t best = k;
        for (int64_t i = k; i < n; i++)
            if (fabsl(a[i * width + k].c[0]) > fabsl(a[best * width + k].c[0]))
                best = i;
        for (int64_t j = 0; j < width; j++) {
            num swap = a[k * width + j];
            a[k * width + j] = a[best * width + j];
            a[best * width + j] = swap;
        }
        for (int64_t i = 0; i < n; i++) {
            num factor = num_bin(d, OP_DIV, a[i * width + k], a[k * width + k]);
            for (int64_t j = k; i != k && j < width; j++)
                a[i * width + j] = num_sub(d, a[i * width + j], num_mul(d, factor, a[k * width + j]));
        }
    }
    for (int64_t i = 0; i < n; i++)
        a[i * width + n] = num_bin(d, OP_DIV, a[i * width + n], a[i * width + i]);
}

/* The matrix of the function, column by column, and a direct solution. */
static array eval_cg(machine *m, node *n)
{
    array b = eval(m, n->args[0]), x = array_new(m, b.count);
    int64_t count = b.count, width = count + 1;
    num *a = ARENA_ARRAY(m->mem, num, count * width + 1);
    binding *old = save(m, n);
    for (int64_t j = 0; j < count; j++) {
        array unit = array_new(m, count);
        put(&unit, j, num_of(1));
        bind_value(m, n->vars[0], unit);
        array column = eval(m, n->args[SOLVER_FUNCTIONS]);
        for (int64_t i = 0; i < count; i++)
            a[i * width + j] = get(&column, i);
    }
    restore(m, n, old);
    for (int64_t i = 0; i < count; i++)
        a[i * width + count] = get(&b, i);
    eliminate(m->depth, count, a);
    for (int64_t i = 0; i < count; i++)
        put(&x, i, a[i * width + count]);
    return x;
}

static bool differs(const array *a, const array *b)
{
    for (int64_t i = 0; i < a->count; i++) {
        num x = get(a, i), y = get(b, i);
        for (int k = 0; k < ORACLE_PARTS; k++)
            if (fabsl(x.c[k] - y.c[k]) > 1e-17L * fabsl(x.c[k]))
                return true;
    }
    return false;
}

/* Many passes: the tangents converge behind the values. */
static array eval_fixpoint(machine *m, node *n)
{
    array x = eval(m, n->args[0]);
    binding *old = save(m, n);
    bool changed = true;
    for (int pass = 0; pass < 100000 && changed; pass++) {
        bind_value(m, n->vars[0], x);
        array next = eval(m, n->args[SOLVER_FUNCTIONS]);
        changed = differs(&next, &x);
        x = next;
    }
    restore(m, n, old);
    return x;
}

/* ---- Dispatch ---- */

static array array_of(machine *m, num x)
{
    array a = array_new(m, 1);
    put(&a, 0, x);
    return a;
}

static array compute(machine *m, node *n)
{
    if (node_is_point(n))
        return array_of(m, eval_point(m, n));
    if (n->op == OP_ARGKMIN || n->op == OP_ARGKMAX)
        return eval_argk(m, n);
    if (node_is_reduce(n))
        return array_of(m, eval_reduce(m, n));
    switch (n->op) {
    case OP_CONST:
        return array_of(m, num_of(elem_is_float(n->elem) ? (long double)n->number : (long double)n->integer));
    case OP_SIZE:
        return array_of(m, num_of((long double)extent_value(m->o, n->extent)));
    case OP_ACCESS:
        return array_of(m, eval_access(m, n));
    case OP_INPUT:
        return eval_input(m, n);
    case OP_TENSOR:
        return eval_tensor(m, n);
    case OP_SCATTER:
        return eval_scatter(m, n);
    case OP_STACK:
        return eval_stack(m, n);
    case OP_OUT:
        return eval_out(m, n);
    case OP_NAME:
        return eval_name(m, n);
    case OP_JVP:
        return eval_jvp(m, n);
    case OP_CG:
        return eval_cg(m, n);
    case OP_FIXPOINT:
        return eval_fixpoint(m, n);
    default:
        assert(n->op == OP_CUSTOM);
        return eval_custom(m, n);
    }
}

static bool is_fresh(machine *m, const cached *c, const node *n)
{
    for (int i = 0; i < n->nfree; i++)
        if (c->stamps[i] != binding_of(m, n->free[i])->stamp)
            return false;
    return c->stamps[n->nfree] == m->seed_stamp;
}

array eval(machine *m, node *n)
{
    if (n->op == OP_VAR)
        return binding_of(m, n->var)->value;
    cached *c = map_get(&m->values, n);
    if (c && is_fresh(m, c, n))
        return c->value;
    array value = compute(m, n);
    if (!c) {
        c = ARENA_NEW(m->mem, cached);
        c->stamps = ARENA_ARRAY(m->mem, long, n->nfree + 1);
        map_set(&m->values, n, c);
    }
    for (int i = 0; i < n->nfree; i++)
        c->stamps[i] = binding_of(m, n->free[i])->stamp;
    c->stamps[n->nfree] = m->seed_stamp;
    c->value = value;
    return value;
}

void oracle_eval(const oracle *o, node *root, long double *out)
{
    assert(root->nfree == 0);
    machine m = {.o = o, .mem = arena_new()};
    map_init(&m.bindings, m.mem);
    map_init(&m.values, m.mem);
    array a = eval(&m, root);
    for (int64_t i = 0; i < a.count; i++)
        out[i] = a.c[i << a.depth];
    arena_free(m.mem);
}
