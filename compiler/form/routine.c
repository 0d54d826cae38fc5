/* The table, and the reading of its shapes. */
#include "form/routine.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

enum { NONE, LAPACK = 1 << LIBRARY_LAPACK | 1 << LIBRARY_BLAS, BLAS = 1 << LIBRARY_BLAS, FFTW = 1 << LIBRARY_FFTW };

static const routine rows[ROUTINE_COUNT] = {
    [ROUTINE_SOLVE] = {"solve", "nn,nk", "nk", NULL, NULL, "0", false, NONE},
    [ROUTINE_SOLVE_T] = {"solve_t", "nn,nk", "nk", NULL, NULL, "0", false, NONE},
    [ROUTINE_LOGDET] = {"logdet", "nn", "", NULL, NULL, "0", false, NONE},
    [ROUTINE_LSTSQ] = {"lstsq", "mn,mk", "nk", NULL, NULL, "0", false, NONE},
    [ROUTINE_GRAM] = {"gram", "mn,nk", "nk", NULL, NULL, "0", false, NONE},
    [ROUTINE_LU] = {"lu", "nn", "nn,n!", "0", "nn+n+2", "nnn", false, LAPACK},
    [ROUTINE_LU_SOLVE] = {"lu_solve", "nn,n!,nk", "nk", "0", "nk+n+2", "2nnk", false, BLAS},
    [ROUTINE_LU_SOLVE_T] = {"lu_solve_t", "nn,n!,nk", "nk", "0", "nk+n+2", "2nnk", false, BLAS},
    [ROUTINE_QR] = {"qr", "mn", "mn,n", "32n", "mn+n+2", "2mnn", false, LAPACK},
    [ROUTINE_QR_SOLVE] = {"qr_solve", "mn,n,mk", "nk", "mk+32k+4160", "mk+2", "4mnk", false, LAPACK},
    [ROUTINE_QR_GRAM] = {"qr_gram", "mn,nk", "nk", "0", "nk", "2nnk", true, BLAS},
    [ROUTINE_CHOLESKY] = {"cholesky", "nn", "nn", "0", "nn+2", "nnn", false, LAPACK},
    [ROUTINE_LOWER] = {"lower_solve", "nn,nk", "nk", "0", "nk", "nnk", true, BLAS},
    [ROUTINE_LOWER_T] = {"lower_solve_t", "nn,nk", "nk", "0", "nk", "nnk", true, BLAS},
    [ROUTINE_EIGH] = {"eigh", "nn", "n,nn", "2nn+11n+4", "nn+n+2", "9nnn", false, LAPACK},
    [ROUTINE_SVD] = {"svd", "mn", "mn,n,nn", "mn+4nn+15n+m", "2mn+nn+n+2", "6mnn+20nnn", false, LAPACK},
    [ROUTINE_EIGVALS] = {"eigvals", "nn", "n", "nn+2n+3", "nn+n+2", "2nnn", false, LAPACK},
    [ROUTINE_SINGULAR] = {"singular", "mn", "n", "mn+18n+m", "mn+n+2", "4mnn", false, LAPACK},
    [ROUTINE_DFT] = {"dft", "*,*", "*,*", "4n", "2bn", "64bn", false, FFTW},
    [ROUTINE_DFT_BACK] = {"dft_back", "*,*", "*,*", "4n", "2bn", "64bn", false, FFTW},
    [ROUTINE_PRODUCT] = {"product", "nm,mk", "nk", "0", "0", "2nmk", true, NONE},
    [ROUTINE_SORT] = {"sort", "n!", "n!,n!,n!,n!", "0", "0", "0", true, NONE},
};

const routine *routine_row(routine_id id)
{
    return &rows[id];
}

routine_id routine_find(const char *name)
{
    int id = 0;
    while (id < ROUTINE_COUNT && strcmp(rows[id].name, name) != 0)
        id++;
    return (routine_id)id;
}

bool routine_has_columns(const routine *r)
{
    return r->operands[strlen(r->operands) - 1] == 'k';
}

int routine_shapes(const char *list)
{
    int n = 1;
    for (const char *s = list; *s; s++)
        n += *s == ',';
    return n;
}

static const char *shape_at(const char *list, int k)
{
    for (; k > 0; k--)
        list = strchr(list, ',') + 1;
    return list;
}

/* Letters of the shape that s begins with. */
static int shape_rank(const char *s)
{
    int n = 0;
    while (islower((unsigned char)s[n]))
        n++;
    return n;
}

static int index_of(char letter)
{
    return letter - 'a';
}

static void bind_whole(routine_sizes *z, const routine_shape *s)
{
    const extent *others = extent_const(z->pool, 1);
    for (int i = 0; i + 1 < s->rank; i++)
        others = extent_mul(others, s->extents[i]);
    z->rank = s->rank;
    z->whole = s->extents;
    z->letter[index_of('b')] = others;
    z->letter[index_of('n')] = s->extents[s->rank - 1];
}

static bool fits_whole(routine_sizes *z, const routine_shape *s, int *axis)
{
    if (s->rank < 1 || (z->whole && s->rank != z->rank))
        return false;
    if (!z->whole)
        bind_whole(z, s);
    for (int i = 0; i < s->rank; i++)
        if (s->extents[i] != z->whole[i]) {
            *axis = i;
            return false;
        }
    return true;
}

static bool fits(routine_sizes *z, const char *letters, const routine_shape *s, int *axis)
{
    *axis = -1;
    if (*letters == '*')
        return fits_whole(z, s, axis);
    if (shape_rank(letters) != s->rank)
        return false;
    for (int i = 0; i < s->rank; i++) {
        const extent **bound = &z->letter[index_of(letters[i])];
        if (*bound && *bound != s->extents[i]) {
            *axis = i;
            return false;
        }
        *bound = s->extents[i];
    }
    return true;
}

bool routine_bind(const routine *r, arena *mem, extent_pool *pool, const routine_shape *operands, routine_sizes *z,
                  int *wrong, int *axis)
{
    *z = (routine_sizes){.mem = mem, .pool = pool};
    int n = routine_shapes(r->operands);
    for (*wrong = 0; *wrong < n; ++*wrong)
        if (!fits(z, shape_at(r->operands, *wrong), &operands[*wrong], axis))
            return false;
    return true;
}

routine_shape routine_shape_of(const routine_sizes *z, const char *list, int k, elem real)
{
    const char *s = shape_at(list, k);
    if (*s == '*')
        return (routine_shape){real, z->rank, z->whole};
    int rank = shape_rank(s);
    const extent **extents = ARENA_ARRAY(z->mem, const extent *, rank + 1);
    for (int i = 0; i < rank; i++)
        extents[i] = z->letter[index_of(s[i])];
    return (routine_shape){s[rank] == '!' ? ELEM_INT : real, rank, extents};
}

const extent *routine_polynomial(const routine_sizes *z, const char *s)
{
    const extent *sum = extent_const(z->pool, 0);
    while (*s) {
        int64_t coefficient = 0;
        bool given = isdigit((unsigned char)*s);
        for (; isdigit((unsigned char)*s); s++)
            coefficient = 10 * coefficient + (*s - '0');
        const extent *term = extent_const(z->pool, given ? coefficient : 1);
        for (; islower((unsigned char)*s); s++)
            term = extent_mul(term, z->letter[index_of(*s)]);
        sum = extent_add(sum, term);
        s += *s == '+';
    }
    return sum;
}

int routine_arguments(const routine *r, const routine_sizes *z, const extent **arguments)
{
    const char *order = r->operands[0] == '*' ? "bn" : r->operands;
    bool seen[26] = {false};
    int n = 0;
    for (const char *s = order; *s; s++) {
        if (!islower((unsigned char)*s) || seen[index_of(*s)])
            continue;
        seen[index_of(*s)] = true;
        arguments[n++] = z->letter[index_of(*s)];
    }
    return n;
}
