/* Reads an interface; writes the sizes to fix, per version. */
#include "stage/specialize.h"

#include <string.h>

enum { MOST_SIZES = 2 };

static bool is_name(const extent *e, const char *size)
{
    return extent_is_name(e) && extent_mentions(e, size);
}

static bool is_row_length(const interface_fn *f, const char *size)
{
    bool last = false;
    for (int i = 0; i < f->nargs; i++) {
        const interface_arg *a = &f->args[i];
        for (int k = 0; k < a->rank; k++) {
            if (k < a->rank - 1 && extent_mentions(a->extents[k], size))
                return false;
            if (k == a->rank - 1 && a->rank == 1 && extent_mentions(a->extents[k], size))
                return false;
        }
        bool real = a->elem == ELEM_F32 || a->elem == ELEM_F64;
        last |= real && a->role == ARG_INPUT && a->rank == 2 && is_name(a->extents[1], size);
    }
    return last;
}

static void add_version(arena *mem, version_list *list, int n, const char *const *names, const int64_t *values)
{
    fixed_sizes fixed = {0};
    for (int i = 0; i < n; i++)
        vec_push(mem, &fixed, (fixed_size){names[i], values[i]});
    vec_push(mem, list, fixed);
}

version_list specialize(arena *mem, const interface_fn *f)
{
    static const int64_t of_one[][1] = {{3}, {2}};
    static const int64_t of_two[][MOST_SIZES] = {{3, 3}, {3, 1}, {2, 2}, {2, 1}};
    const char *names[MOST_SIZES + 1];
    version_list list = {0};
    int n = 0;
    for (int i = 0; i < f->nsizes && n <= MOST_SIZES; i++)
        if (is_row_length(f, f->sizes[i]))
            names[n++] = f->sizes[i];
    for (size_t k = 0; n == 1 && k < sizeof of_one / sizeof *of_one; k++)
        add_version(mem, &list, n, names, of_one[k]);
    for (size_t k = 0; n == 2 && k < sizeof of_two / sizeof *of_two; k++)
        add_version(mem, &list, n, names, of_two[k]);
    return list;
}
