/* Lanes and memory beyond prelude_lanes.c: indices of lanes, entries anywhere, each lane's own arrays, sorted
 * insertion.
 *
 * Rows of the prelude (back/prelude/prelude_rows.h), read by back/prelude/prelude.c. An array of lanes' own entries has
 * AD_LANES values side by side for each of its entries. */
#include <stddef.h>

#include "back/prelude/prelude_rows.h"

const prelude_row prelude_lanes_memory[] = {
    {"ad_index_ints", "ad_lanes",
     "/* first, first + 1, ...; in the lanes from n on that of lane n - 1. */\n"
     "AD_INLINE ad_ints ad_index_ints(int64_t first, int64_t n)\n"
     "{\n"
     "    ad_ints x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = first + (k < n ? k : n - 1);\n"
     "    return x;\n"
     "}\n"},
    {"ad_active_bools", "ad_lanes",
     "/* The first n lanes. */\n"
     "AD_INLINE ad_bools ad_active_bools(int64_t n)\n"
     "{\n"
     "    ad_bools x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = -(ad_bool_lane)(k < n);\n"
     "    return x;\n"
     "}\n"},
    {"ad_inside_ints", "ad_bools_of_ints ad_all_ints",
     "/* i is a subscript of an axis of extent n. */\n"
     "AD_INLINE ad_bools ad_inside_ints(ad_ints i, int64_t n)\n"
     "{\n"
     "    return ad_bools_of_ints((ad_ints)(i >= ad_all_ints(0)) & (ad_ints)(i < ad_all_ints(n)));\n"
     "}\n"},
    {"ad_gather_where_@Es", "ad_lanes",
     "/* p[index[k]] in the lanes of the mask, 0 in others. */\n"
     "AD_INLINE ad_@Es ad_gather_where_@Es(const @T *p, ad_ints index, ad_bools mask)\n"
     "{\n"
     "    ad_@Es x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = mask[k] ? p[index[k]] : (@T)0;\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_where_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_gather_where_bools(const bool *p, ad_ints index, ad_bools mask)\n"
     "{\n"
     "    ad_bools x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = mask[k] ? -(ad_bool_lane)p[index[k]] : 0;\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_own_@Es", "ad_lanes",
     "/* Entry index[k] of lane k's own array. */\n"
     "AD_INLINE ad_@Es ad_gather_own_@Es(const ad_@Es *p, ad_ints index)\n"
     "{\n"
     "    ad_@Es x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = p[index[k]][k];\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_own_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_gather_own_bools(const ad_bools *p, ad_ints index)\n"
     "{\n"
     "    ad_bools x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = p[index[k]][k];\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_own_where_@Es", "ad_lanes",
     "AD_INLINE ad_@Es ad_gather_own_where_@Es(const ad_@Es *p, ad_ints index, ad_bools mask)\n"
     "{\n"
     "    ad_@Es x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = mask[k] ? p[index[k]][k] : (@T)0;\n"
     "    return x;\n"
     "}\n"},
    {"ad_gather_own_where_bools", "ad_lanes",
     "AD_INLINE ad_bools ad_gather_own_where_bools(const ad_bools *p, ad_ints index, ad_bools mask)\n"
     "{\n"
     "    ad_bools x = {0};\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        x[k] = mask[k] ? p[index[k]][k] : 0;\n"
     "    return x;\n"
     "}\n"},
    {"ad_scatter_@Es", "ad_lanes",
     "/* Lane k to p[index[k]], for the first n lanes and where the mask is set. */\n"
     "AD_INLINE void ad_scatter_@Es(@T *p, ad_ints index, ad_@Es x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (k < n && mask[k])\n"
     "            p[index[k]] = x[k];\n"
     "}\n"},
    {"ad_scatter_bools", "ad_lanes",
     "AD_INLINE void ad_scatter_bools(bool *p, ad_ints index, ad_bools x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (k < n && mask[k])\n"
     "            p[index[k]] = x[k] != 0;\n"
     "}\n"},
    {"ad_scatter_add_@Es", "ad_lanes",
     "AD_INLINE void ad_scatter_add_@Es(@T *p, ad_ints index, ad_@Es x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (k < n && mask[k])\n"
     "            p[index[k]] += x[k];\n"
     "}\n"},
    {"ad_scatter_own_@Es", "ad_lanes",
     "/* Lane k to entry index[k] of its own array. */\n"
     "AD_INLINE void ad_scatter_own_@Es(ad_@Es *p, ad_ints index, ad_@Es x, ad_bools mask)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (mask[k])\n"
     "            p[index[k]][k] = x[k];\n"
     "}\n"},
    {"ad_scatter_own_bools", "ad_lanes",
     "AD_INLINE void ad_scatter_own_bools(ad_bools *p, ad_ints index, ad_bools x, ad_bools mask)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (mask[k])\n"
     "            p[index[k]][k] = x[k];\n"
     "}\n"},
    {"ad_scatter_add_own_@Es", "ad_lanes",
     "AD_INLINE void ad_scatter_add_own_@Es(ad_@Es *p, ad_ints index, ad_@Es x, ad_bools mask)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (mask[k])\n"
     "            p[index[k]][k] += x[k];\n"
     "}\n"},
    {"ad_scatter_strided_@Es", "ad_lanes",
     "/* Lane k to p[stride * k], for the first n lanes and where the mask is set. */\n"
     "AD_INLINE void ad_scatter_strided_@Es(@T *p, int64_t stride, ad_@Es x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (k < n && mask[k])\n"
     "            p[stride * k] = x[k];\n"
     "}\n"},
    {"ad_scatter_strided_seldom_@Es", "ad_scatter_strided_@Es",
     "AD_CALL void ad_scatter_strided_seldom_@Es(@T *p, int64_t stride, ad_@Es x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    ad_scatter_strided_@Es(p, stride, x, mask, n);\n"
     "}\n"},
    {"ad_scatter_strided_bools", "ad_lanes",
     "AD_INLINE void ad_scatter_strided_bools(bool *p, int64_t stride, ad_bools x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (k < n && mask[k])\n"
     "            p[stride * k] = x[k] != 0;\n"
     "}\n"},
    {"ad_scatter_strided_add_@Es", "ad_lanes",
     "AD_INLINE void ad_scatter_strided_add_@Es(@T *p, int64_t stride, ad_@Es x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    for (int k = 0; k < AD_LANES; k++)\n"
     "        if (k < n && mask[k])\n"
     "            p[stride * k] += x[k];\n"
     "}\n"},
    {"ad_scatter_strided_add_seldom_@Es", "ad_scatter_strided_add_@Es",
     "AD_CALL void ad_scatter_strided_add_seldom_@Es(@T *p, int64_t stride, ad_@Es x, ad_bools mask, int64_t n)\n"
     "{\n"
     "    ad_scatter_strided_add_@Es(p, stride, x, mask, n);\n"
     "}\n"},
    {"ad_fill_@Es", "ad_lanes",
     "AD_INLINE void ad_fill_@Es(ad_@Es *x, int64_t n, ad_@Es value)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++)\n"
     "        x[i] = value;\n"
     "}\n"},
    {"ad_fill_bools", "ad_lanes",
     "AD_INLINE void ad_fill_bools(ad_bools *x, int64_t n, ad_bools value)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++)\n"
     "        x[i] = value;\n"
     "}\n"},
    {"ad_copy_@Es", "ad_lanes",
     "AD_INLINE void ad_copy_@Es(ad_@Es *restrict x, const ad_@Es *restrict from, int64_t n)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++)\n"
     "        x[i] = from[i];\n"
     "}\n"},
    {"ad_copy_bools", "ad_lanes",
     "AD_INLINE void ad_copy_bools(ad_bools *restrict x, const ad_bools *restrict from, int64_t n)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++)\n"
     "        x[i] = from[i];\n"
     "}\n"},
    {"ad_exchange_@Es", "ad_lanes",
     "AD_INLINE void ad_exchange_@Es(ad_@Es *x, ad_@Es *y, int64_t n)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++) {\n"
     "        ad_@Es t = x[i];\n"
     "        x[i] = y[i];\n"
     "        y[i] = t;\n"
     "    }\n"
     "}\n"},
    {"ad_exchange_bools", "ad_lanes",
     "AD_INLINE void ad_exchange_bools(ad_bools *x, ad_bools *y, int64_t n)\n"
     "{\n"
     "    for (int64_t i = 0; i < n; i++) {\n"
     "        ad_bools t = x[i];\n"
     "        x[i] = y[i];\n"
     "        y[i] = t;\n"
     "    }\n"
     "}\n"},
    {"AD_SHORT_LIST", "",
     "/* Lists up to this length are moved in all lanes at once. */\n"
     "#define AD_SHORT_LIST 24\n"},
    {"ad_numbers_@Es", "ad_bools_of_@M",
     "/* Where x is not NaN. */\n"
     "AD_INLINE ad_bools ad_numbers_@Es(ad_@Es x)\n"
     "{\n"
     "    return ad_bools_of_@M((ad_@M)(x == x));\n"
     "}\n"},
    {"ad_insert_@Es",
     "ad_numbers_@Es ad_any_of_bools ad_less_@Es ad_pick_@Es ad_pick_ints ad_@M_of_bools ad_ints_of_bools "
     "AD_SHORT_LIST",
     "/* Keeps the k least keys of each lane sorted, with their indices (-1: no key yet). Equal keys stay in the order "
     "of\n"
     " * insertion; NaN is never inserted. Mostly no lane has anything to insert. */\n"
     "AD_INLINE void ad_insert_@Es(ad_@Es *keys, ad_ints *indices, int64_t k, ad_@Es key, ad_ints index, ad_bools "
     "mask)\n"
     "{\n"
     "    if (k == 0)\n"
     "        return;\n"
     "    mask &= ad_less_@Es(key, keys[k - 1], indices[k - 1]);\n"
     "    if (!ad_any_of_bools(mask))\n"
     "        return;\n"
     "    mask &= ad_numbers_@Es(key);\n"
     "    ad_bools moves = mask; /* where the key comes before the entry at hand, or takes its place */\n"
     "    for (int64_t at = k - 1; k <= AD_SHORT_LIST && at >= 0; at--) {\n"
     "        int64_t above = at > 0 ? at - 1 : 0;\n"
     "        ad_bools further = at > 0 ? mask & ad_less_@Es(key, keys[above], indices[above]) : (ad_bools){0};\n"
     "        keys[at] = ad_pick_@Es(ad_@M_of_bools(moves), key, keys[at]);\n"
     "        keys[at] = ad_pick_@Es(ad_@M_of_bools(further), keys[above], keys[at]);\n"
     "        indices[at] = ad_pick_ints(ad_ints_of_bools(moves), index, indices[at]);\n"
     "        indices[at] = ad_pick_ints(ad_ints_of_bools(further), indices[above], indices[at]);\n"
     "        moves = further;\n"
     "    }\n"
     "    for (int lane = 0; k > AD_SHORT_LIST && lane < AD_LANES; lane++) {\n"
     "        if (!mask[lane])\n"
     "            continue;\n"
     "        int64_t at = k - 1;\n"
     "        for (; at > 0 && (indices[at - 1][lane] < 0 || key[lane] < keys[at - 1][lane]); at--) {\n"
     "            keys[at][lane] = keys[at - 1][lane];\n"
     "            indices[at][lane] = indices[at - 1][lane];\n"
     "        }\n"
     "        keys[at][lane] = key[lane];\n"
     "        indices[at][lane] = index[lane];\n"
     "    }\n"
     "}\n"},
    {"ad_insert_largest_@Es",
     "ad_numbers_@Es ad_any_of_bools ad_more_@Es ad_pick_@Es ad_pick_ints ad_@M_of_bools ad_ints_of_bools "
     "AD_SHORT_LIST",
     "/* As ad_insert_@Es, but keeps the k greatest. */\n"
     "AD_INLINE void ad_insert_largest_@Es(ad_@Es *keys, ad_ints *indices, int64_t k, ad_@Es key, ad_ints index, "
     "ad_bools mask)\n"
     "{\n"
     "    if (k == 0)\n"
     "        return;\n"
     "    mask &= ad_more_@Es(key, keys[k - 1], indices[k - 1]);\n"
     "    if (!ad_any_of_bools(mask))\n"
     "        return;\n"
     "    mask &= ad_numbers_@Es(key);\n"
     "    ad_bools moves = mask; /* where the key comes before the entry at hand, or takes its place */\n"
     "    for (int64_t at = k - 1; k <= AD_SHORT_LIST && at >= 0; at--) {\n"
     "        int64_t above = at > 0 ? at - 1 : 0;\n"
     "        ad_bools further = at > 0 ? mask & ad_more_@Es(key, keys[above], indices[above]) : (ad_bools){0};\n"
     "        keys[at] = ad_pick_@Es(ad_@M_of_bools(moves), key, keys[at]);\n"
     "        keys[at] = ad_pick_@Es(ad_@M_of_bools(further), keys[above], keys[at]);\n"
     "        indices[at] = ad_pick_ints(ad_ints_of_bools(moves), index, indices[at]);\n"
     "        indices[at] = ad_pick_ints(ad_ints_of_bools(further), indices[above], indices[at]);\n"
     "        moves = further;\n"
     "    }\n"
     "    for (int lane = 0; k > AD_SHORT_LIST && lane < AD_LANES; lane++) {\n"
     "        if (!mask[lane])\n"
     "            continue;\n"
     "        int64_t at = k - 1;\n"
     "        for (; at > 0 && (indices[at - 1][lane] < 0 || key[lane] > keys[at - 1][lane]); at--) {\n"
     "            keys[at][lane] = keys[at - 1][lane];\n"
     "            indices[at][lane] = indices[at - 1][lane];\n"
     "        }\n"
     "        keys[at][lane] = key[lane];\n"
     "        indices[at][lane] = index[lane];\n"
     "    }\n"
     "}\n"},
    {"ad_less_@Es", "ad_bools_of_@M",
     "/* key may have to come before the last one kept, which is NaN where none is kept. */\n"
     "AD_INLINE ad_bools ad_less_@Es(ad_@Es key, ad_@Es last, ad_ints index)\n"
     "{\n"
     "    (void)index;\n"
     "    return ad_bools_of_@M(~(ad_@M)(key >= last));\n"
     "}\n"},
    {"ad_more_@Es", "ad_bools_of_@M",
     "AD_INLINE ad_bools ad_more_@Es(ad_@Es key, ad_@Es last, ad_ints index)\n"
     "{\n"
     "    (void)index;\n"
     "    return ad_bools_of_@M(~(ad_@M)(key <= last));\n"
     "}\n"},
    {"ad_less_ints", "ad_bools_of_ints ad_all_ints",
     "AD_INLINE ad_bools ad_less_ints(ad_ints key, ad_ints last, ad_ints index)\n"
     "{\n"
     "    return ad_bools_of_ints((ad_ints)(key < last) | (ad_ints)(index < ad_all_ints(0)));\n"
     "}\n"},
    {"ad_more_ints", "ad_bools_of_ints ad_all_ints",
     "AD_INLINE ad_bools ad_more_ints(ad_ints key, ad_ints last, ad_ints index)\n"
     "{\n"
     "    return ad_bools_of_ints((ad_ints)(key > last) | (ad_ints)(index < ad_all_ints(0)));\n"
     "}\n"},
    {NULL, NULL, NULL},
};
