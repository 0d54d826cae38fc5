/* Each pixel inside a projected triangle keeps the nearest one's colour. The PNG holds its bytes as they are (deflate's
 * stored blocks), so that no library is needed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

enum { STRIPES = 8, STORED_BLOCK = 65535 };

picture picture_new(int64_t width, int64_t height)
{
    picture p = {width, height, allocate(width * height * 3, 1), allocate(width * height, sizeof *p.depth)};
    memset(p.rgb, 255, (size_t)(width * height * 3));
    for (int64_t i = 0; i < width * height; i++)
        p.depth[i] = -INFINITY;
    return p;
}

void picture_free(picture *p)
{
    free(p->rgb);
    free(p->depth);
}

/* ---- Triangles ---- */

/* Column, row and height towards the eye. */
static void project(view v, const double *x, double to[3])
{
    double scale = (double)v.side / (2 * v.reach);
    to[0] = (double)v.left + scale * (v.reach + x[(v.along + 1) % 3]);
    to[1] = (double)v.top + scale * (v.reach - x[(v.along + 2) % 3]);
    to[2] = x[v.along];
}

static double turn(const double *a, const double *b, double x, double y)
{
    return (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
}

/* How much light the triangle a, b, c sends to the eye: both its sides are lit from above the eye's left shoulder. */
static double brightness(const double *a, const double *b, const double *c)
{
    static const double light[3] = {-0.35, -0.5, 0.79};
    double u[3], v[3], n[3], length = 0, lit = 0;
    for (int k = 0; k < 3; k++) {
        u[k] = b[k] - a[k];
        v[k] = c[k] - a[k];
    }
    for (int k = 0; k < 3; k++) {
        n[k] = u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3];
        length += n[k] * n[k];
    }
    for (int k = 0; k < 3; k++)
        lit += (n[2] < 0 ? -1 : 1) * n[k] * light[k];
    return 0.3 + 0.7 * (length > 0 ? fmax(lit / sqrt(length), 0) : 0);
}

static int64_t clip(double x, int64_t low, int64_t high)
{
    return x < (double)low ? low : x > (double)high ? high : (int64_t)x;
}

static void fill(picture *p, view v, double corner[3][3], const double colour[3], double light)
{
    const double *a = corner[0], *b = corner[1], *c = corner[2];
    double area = turn(a, b, c[0], c[1]);
    if (area == 0)
        return;
    int64_t right = v.left + v.side - 1, bottom = v.top + v.side - 1;
    int64_t x0 = clip(fmin(a[0], fmin(b[0], c[0])), v.left, right),
            x1 = clip(fmax(a[0], fmax(b[0], c[0])), v.left, right);
    int64_t y0 = clip(fmin(a[1], fmin(b[1], c[1])), v.top, bottom),
            y1 = clip(fmax(a[1], fmax(b[1], c[1])), v.top, bottom);
    for (int64_t y = y0; y <= y1; y++)
        for (int64_t x = x0; x <= x1; x++) {
            double px = (double)x + 0.5, py = (double)y + 0.5;
            double wa = turn(b, c, px, py) / area, wb = turn(c, a, px, py) / area, wc = 1 - wa - wb;
            double depth = wa * a[2] + wb * b[2] + wc * c[2], *deepest = p->depth + y * p->width + x;
            if (wa < 0 || wb < 0 || wc < 0 || depth <= *deepest)
                continue;
            *deepest = depth;
            for (int k = 0; k < 3; k++)
                p->rgb[3 * (y * p->width + x) + k] = (unsigned char)(255 * light * colour[k]);
        }
}

void picture_mesh(picture *p, view v, const mesh *m, const double *paint, const double colours[2][3])
{
    double scale = (double)v.side / (2 * v.reach);
    for (int64_t t = 0; t < m->triangles; t++) {
        double corner[3][3], scaled[3][3], height = 0;
        for (int k = 0; k < 3; k++) {
            int64_t vertex = m->F[3 * t + k];
            project(v, m->V + 3 * vertex, corner[k]);
            memcpy(scaled[k], corner[k], sizeof scaled[k]);
            scaled[k][2] *= scale;
            height += paint[3 * vertex + 2] / 3;
        }
        int stripe = (int)floor(height * STRIPES / 2) & 1;
        fill(p, v, corner, colours[stripe], brightness(scaled[0], scaled[1], scaled[2]));
    }
}

/* ---- PNG ---- */

static void put32(unsigned char *to, uint32_t x)
{
    for (int k = 0; k < 4; k++)
        to[k] = (unsigned char)(x >> (24 - 8 * k));
}

static uint32_t crc(const unsigned char *bytes, size_t count)
{
    uint32_t c = UINT32_MAX;
    for (size_t i = 0; i < count; i++) {
        c ^= bytes[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? UINT32_C(0xEDB88320) ^ (c >> 1) : c >> 1;
    }
    return ~c;
}

/* `bytes` holds the four letters of the name, then the data. */
static void write_chunk(FILE *f, const unsigned char *bytes, size_t count)
{
    unsigned char number[4];
    put32(number, (uint32_t)(count - 4));
    fwrite(number, 1, 4, f);
    fwrite(bytes, 1, count, f);
    put32(number, crc(bytes, count));
    fwrite(number, 1, 4, f);
}

/* zlib's form of the rows, each behind the byte 0 (no filter); `z` has room for them. Returns how many bytes it took.
 */
static size_t store_rows(const picture *p, unsigned char *z)
{
    size_t row = (size_t)p->width * 3, total = (row + 1) * (size_t)p->height, n = 0;
    uint32_t a = 1, b = 0;
    z[n++] = 0x78;
    z[n++] = 0x01;
    for (size_t i = 0; i < total; i++) {
        if (i % STORED_BLOCK == 0) {
            size_t left = total - i, length = left < STORED_BLOCK ? left : STORED_BLOCK;
            z[n++] = length == left;
            z[n++] = (unsigned char)(length & 255);
            z[n++] = (unsigned char)(length >> 8);
            z[n++] = (unsigned char)(~length & 255);
            z[n++] = (unsigned char)(~length >> 8 & 255);
        }
        z[n] = i % (row + 1) == 0 ? 0 : p->rgb[i / (row + 1) * row + i % (row + 1) - 1];
        a = (a + z[n++]) % 65521;
        b = (b + a) % 65521;
    }
    put32(z + n, b << 16 | a);
    return n + 4;
}

void picture_write(const picture *p, const char *path)
{
    static const unsigned char signature[8] = {137, 'P', 'N', 'G', 13, 10, 26, 10};
    FILE *f = fopen(path, "wb");
    if (!f) {
        fprintf(stderr, "%s: cannot be written\n", path);
        exit(1);
    }
    unsigned char header[17] = {'I', 'H', 'D', 'R', [12] = 8, [13] = 2}; /* 8 bits, red green blue */
    put32(header + 4, (uint32_t)p->width);
    put32(header + 8, (uint32_t)p->height);
    int64_t total = (3 * p->width + 1) * p->height;
    unsigned char *data = allocate(total + total / STORED_BLOCK * 5 + 64, 1);
    memcpy(data, "IDAT", 4);
    fwrite(signature, 1, sizeof signature, f);
    write_chunk(f, header, sizeof header);
    write_chunk(f, data, 4 + store_rows(p, data + 4));
    write_chunk(f, (const unsigned char *)"IEND", 4);
    fclose(f);
    free(data);
}
