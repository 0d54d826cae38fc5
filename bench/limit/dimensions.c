/* W7 by hand: a_i = sum_j exp(-|x_i - y_j|^2 / s^2) b_j in D dimensions and 3 columns, as a matrix product would do it:
 * |x|^2 + |y|^2 - 2 <x, y> with the inner products of a tile of GROUP row vectors by COLUMNS columns in registers. Rows
 * and columns are moved by the mean of the columns first, which keeps the loss by cancellation small. */
#include "limit.h"

enum { GROUP = 2, COLUMNS = 6, STEP = GROUP * WIDTH, BLOCK = 43, E = 3 };

/* A tile of rows: coordinates in x[D][STEP], squared norms in norm; columns by packs of COLUMNS: y[D][COLUMNS], then
 * the squared norms, then b, each [COLUMNS]. */
static void tile(const real *x, const lanes norm[GROUP], int64_t dim, const real *pack, lanes sum[GROUP][E])
{
    lanes t[GROUP][COLUMNS] = {0};
    const real *y = pack, *norms = pack + COLUMNS * dim, *b = norms + COLUMNS;
    for (int64_t k = 0; k < dim; k++)
        for (int g = 0; g < GROUP; g++) {
            lanes row = *(const lanes *)&x[k * STEP + g * WIDTH];
            for (int c = 0; c < COLUMNS; c++)
                t[g][c] += row * y[COLUMNS * k + c];
        }
    for (int c = 0; c < COLUMNS; c++)
        for (int g = 0; g < GROUP; g++) {
            lanes value = exp2_lanes(2 * t[g][c] - norm[g] - norms[c]);
            for (int e = 0; e < E; e++)
                sum[g][e] += value * b[COLUMNS * e + c];
        }
}

static void rows(const real *x, int64_t dim, const real *packs, int64_t count, lanes total[GROUP][E])
{
    int64_t stride = COLUMNS * (dim + 1 + E);
    lanes norm[GROUP] = {0};
    for (int64_t k = 0; k < dim; k++)
        for (int g = 0; g < GROUP; g++) {
            lanes row = *(const lanes *)&x[k * STEP + g * WIDTH];
            norm[g] += row * row;
        }
    memset(total, 0, sizeof(lanes) * GROUP * E);
    for (int64_t from = 0; from < count; from += BLOCK) {
        lanes part[GROUP][E] = {0};
        for (int64_t k = from; k < count && k < from + BLOCK; k++)
            tile(x, norm, dim, &packs[k * stride], part);
        for (int g = 0; g < GROUP; g++)
            for (int e = 0; e < E; e++)
                total[g][e] += part[g][e];
    }
}

static void pack_column(const real *y, const real *b, const real *centre, real scale, int64_t dim, real *pack,
                        int64_t c)
{
    real norm = 0;
    for (int64_t k = 0; k < dim; k++) {
        real value = y ? scale * (y[k] - centre[k]) : 0;
        pack[COLUMNS * k + c] = value;
        norm += value * value;
    }
    pack[COLUMNS * dim + c] = norm;
    for (int e = 0; e < E; e++)
        pack[COLUMNS * (dim + 1 + e) + c] = y ? b[e] : 0;
}

size_t product_d_workspace(const int64_t *sizes, const void *const *in)
{
    const int64_t n = sizes[0], dim = sizes[1], m = sizes[2];
    (void)in;
    return sizeof(real) * (size_t)(dim * round_up(n, STEP) + (dim + 1 + E) * round_up(m, COLUMNS) + dim);
}

ad_status product_d(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const int64_t n = sizes[0], dim = sizes[1], m = sizes[2], padded = round_up(n, STEP),
                  columns = round_up(m, COLUMNS);
    const real *from = in[0], *y = in[1], *b = in[2], scale = SQRT((real)LOG2E) / *(const real *)in[3];
    real *x = workspace, *packs = x + dim * padded, *centre = packs + (dim + 1 + E) * columns, *a = out[0];
    (void)size;
    memset(centre, 0, sizeof(real) * (size_t)dim);
    for (int64_t j = 0; j < m; j++)
        for (int64_t k = 0; k < dim; k++)
            centre[k] += y[j * dim + k] / (real)m;
    for (int64_t j = 0; j < columns; j++)
        pack_column(j < m ? &y[j * dim] : NULL, &b[E * j], centre, scale, dim,
                    &packs[j / COLUMNS * COLUMNS * (dim + 1 + E)], j % COLUMNS);
#pragma omp parallel for schedule(dynamic)
    for (int64_t i = 0; i < padded; i += STEP) {
        lanes total[GROUP][E];
        real *tile_rows = &x[dim * i];
        for (int64_t k = 0; k < dim; k++)
            for (int64_t l = 0; l < STEP; l++)
                tile_rows[k * STEP + l] = i + l < n ? scale * (from[(i + l) * dim + k] - centre[k]) : 0;
        rows(tile_rows, dim, packs, columns / COLUMNS, total);
        for (int64_t l = 0; l < STEP && i + l < n; l++)
            for (int e = 0; e < E; e++)
                a[(i + l) * E + e] = total[l / WIDTH][e][l % WIDTH];
    }
    return AD_OK;
}
