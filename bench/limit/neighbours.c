/* W5 by hand: the 10 nearest of the y_j for every x_i, squared distances and indices, sorted.
 * Each lane keeps its own sorted list; a column enters by one pass of compare and exchange over the list, and only when
 * some lane's distance is below that lane's last. Few are: about 10 ln(m/10) per row. */
#include "limit.h"

enum { K = 10, GROUP = 2, STEP = GROUP * WIDTH };

typedef struct nearest {
    lanes d[K];
    words index[K];
} nearest;

static void insert(nearest *list, lanes d, word column)
{
    words index = (words){0} + column;
    for (int k = 0; k < K; k++) {
        words mask = d < list->d[k];
        lanes old = list->d[k];
        words old_index = list->index[k];
        list->d[k] = choose(mask, d, old);
        list->index[k] = (mask & index) | (~mask & old_index);
        d = choose(mask, old, d);
        index = (mask & old_index) | (~mask & index);
    }
}

static void search(const lanes p[GROUP][3], const real *y, int64_t m, nearest list[GROUP])
{
    for (int g = 0; g < GROUP; g++)
        for (int k = 0; k < K; k++) {
            list[g].d[k] = splat(HUGE_VALF);
            list[g].index[k] = (words){0} - 1;
        }
    for (int64_t j = 0; j < m; j++) {
        const real *c = &y[3 * j];
        for (int g = 0; g < GROUP; g++) {
            lanes d0 = p[g][0] - c[0], d1 = p[g][1] - c[1], d2 = p[g][2] - c[2];
            lanes d = d0 * d0 + d1 * d1 + d2 * d2;
            if (any(d < list[g].d[K - 1]))
                insert(&list[g], d, (word)j);
        }
    }
}

size_t neighbours_workspace(const int64_t *sizes, const void *const *in)
{
    (void)in;
    return sizeof(real) * (size_t)(3 * round_up(sizes[0], STEP));
}

ad_status neighbours(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    int64_t n = sizes[0], padded = round_up(n, STEP);
    real *x = workspace, *distance = out[0];
    int64_t *index = out[1];
    (void)size;
    pack_columns(in[0], n, 3, 1, padded, x);
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < padded; i += STEP) {
        lanes p[GROUP][3];
        nearest list[GROUP];
        for (int g = 0; g < GROUP; g++)
            for (int k = 0; k < 3; k++)
                p[g][k] = *(const lanes *)&x[k * padded + i + g * WIDTH];
        search(p, in[1], sizes[1], list);
        for (int64_t l = 0; l < STEP && i + l < n; l++)
            for (int k = 0; k < K; k++) {
                distance[(i + l) * K + k] = list[l / WIDTH].d[k][l % WIDTH];
                index[(i + l) * K + k] = list[l / WIDTH].index[k][l % WIDTH];
            }
    }
    return AD_OK;
}
