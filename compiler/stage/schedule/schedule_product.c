/* Products of matrices: C_ij = sum_k A_ik B_kj, each operand as it is or transposed, and nothing else in the entry.
 *
 * BLAS, which works in blocks that stay in cache and registers, is faster where no side is narrow (measured: 3 times at
 * 64 entries a side, 8 at 256; never slower from 16 on; on a GPU not measured: a tile of cuBLAS has 64 entries a side
 * at least). So both ways are generated; the sizes choose, and whether the file is compiled for BLAS. */
#include "form/loops_make.h"
#include "stage/schedule/schedule_state.h"

static const int narrowest[] = {[TARGET_C] = 16, [TARGET_CUDA] = 64};

typedef struct product {
    node *a, *b;             /* tensors */
    bool a_turned, b_turned; /* a is A', b is B' */
    const extent *rows, *columns, *terms;
} product;

/* tensor[x, y], or [y, x]: turned. */
static bool is_matrix_entry(const node *n, const var *x, const var *y, bool *turned)
{
    if (n->op != OP_ACCESS || n->nargs != 3)
        return false;
    *turned = n->args[1] == y->self;
    return n->args[1] == (*turned ? y : x)->self && n->args[2] == (*turned ? x : y)->self &&
           n->args[0]->extents[0] == (*turned ? y : x)->extent && n->args[0]->extents[1] == (*turned ? x : y)->extent;
}

/* Not one matrix for each row or column. */
static bool is_one_matrix(const node *t, const var *i, const var *j, const var *k)
{
    return !node_depends(t, i) && !node_depends(t, j) && !node_depends(t, k);
}

static bool find_operands(product *p, node *x, node *y, const var *i, const var *j, const var *k)
{
    p->a = x->nargs ? x->args[0] : NULL;
    p->b = y->nargs ? y->args[0] : NULL;
    return is_matrix_entry(x, i, k, &p->a_turned) && is_matrix_entry(y, k, j, &p->b_turned) &&
           is_one_matrix(p->a, i, j, k) && is_one_matrix(p->b, i, j, k);
}

static bool is_narrow(const scheduler *s, const extent *e)
{
    int64_t size;
    return extent_is_const(e, &size) && size < narrowest[s->target];
}

static bool is_product_term(const node *n)
{
    return n->op == OP_MUL || (n->op == OP_FMA && node_is_number(n->args[2], 0));
}

static bool find_product(scheduler *s, const item *it, product *p)
{
    const node *sum = it->body;
    if (it->kind != ITEM_STORE || it->naxes != 2 || it->nprefix || it->accumulate || s->sums != SUM_BLOCKED ||
        sum->op != OP_SUM || sum->nvars != 1 || !sum->vars[0]->extent || !elem_is_float(sum->elem) ||
        !node_is_number(sum->args[1], 1) || !is_product_term(sum->args[0]))
        return false;
    const var *i = it->axes[0], *j = it->axes[1], *k = sum->vars[0]; /* closed: the operands depend on none of them */
    node *x = sum->args[0]->args[0], *y = sum->args[0]->args[1];
    if (!find_operands(p, x, y, i, j, k) && !find_operands(p, y, x, i, j, k))
        return false;
    p->rows = i->extent;
    p->columns = j->extent;
    p->terms = k->extent;
    return !is_narrow(s, p->rows) && !is_narrow(s, p->columns) && !is_narrow(s, p->terms);
}

bool is_product(scheduler *s, const block *b, const item *it)
{
    product p;
    return b->sequential && !b->in_order && find_product(s, it, &p);
}

/* BLAS counts in ints of 32 bits. */
static lexpr *fits_blas(scheduler *s, lexpr *so_far, const extent *e)
{
    lexpr *wide = lx_bin(s, OP_LE, lx_int(s, narrowest[s->target]), lx_size(s, e));
    return lx_bin(s, OP_AND, so_far, lx_bin(s, OP_AND, wide, lx_bin(s, OP_LE, lx_size(s, e), lx_int(s, INT32_MAX))));
}

/* A whole buffer that is written: reading it needs memory of its own where a caller wants no result. */
static lexpr *written(scheduler *s, buffer *b)
{
    touch_buffer(s, b);
    return lexpr_new(s->mem, (lexpr){.kind = LX_LOAD, .elem = b->elem, .buffer = b});
}

lexpr *emit_product(scheduler *s, block *b, const item *it, lstmt_list *out)
{
    product p;
    if (!is_product(s, b, it) || !find_product(s, it, &p))
        return NULL;
    buffer *x = buffer_of(s, b, p.a), *y = buffer_of(s, b, p.b);
    extent_pool *pool = s->g->pool;
    lstmt call = {.kind = LS_CALL, .routine = routine_row(ROUTINE_PRODUCT), .cost = extent_const(pool, 0)};
    call.subs = ARENA_ARRAY(s->mem, lexpr *, 3);
    call.subs[call.nsubs++] = lx_load(s, x, 0, NULL, false);
    call.subs[call.nsubs++] = lx_load(s, y, 0, NULL, false);
    call.subs[call.nsubs++] = written(s, it->target);
    const extent *sizes[] = {p.rows, p.columns, p.terms, extent_const(pool, p.a_turned),
                             extent_const(pool, p.b_turned)};
    call.nsizes = sizeof sizes / sizeof *sizes;
    call.sizes = arena_grow(s->mem, sizes, (size_t)call.nsizes, (size_t)call.nsizes, sizeof *sizes);
    *add_stmt(s, out, LS_CALL) = call;
    lexpr *worth = lexpr_new(s->mem, (lexpr){.kind = LX_LIBRARY, .elem = ELEM_BOOL, .integer = LIBRARY_BLAS});
    return fits_blas(s, fits_blas(s, fits_blas(s, worth, p.rows), p.columns), p.terms);
}
