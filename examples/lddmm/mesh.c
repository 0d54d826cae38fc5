/* Reading keeps the whole text in memory and walks it with strtod and strtoll; of a PLY file the ascii format is
 * understood. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mesh.h"

enum { LONGEST_POLYGON = 64 };

static void fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(1);
}

void *allocate(int64_t count, size_t size)
{
    void *memory = calloc((size_t)count + 1, size);
    if (!memory)
        fail("memory", "not enough");
    return memory;
}

void mesh_free(mesh *m)
{
    free(m->V);
    free(m->F);
}

/* ---- By formula ---- */

static void set_triangle(mesh *m, int64_t a, int64_t b, int64_t c)
{
    int64_t *f = m->F + 3 * m->triangles++;
    f[0] = a;
    f[1] = b;
    f[2] = c;
}

static void set_point(mesh *m, int axis, double along, double x, double y)
{
    double *v = m->V + 3 * m->vertices++;
    v[axis] = along;
    v[(axis + 1) % 3] = x;
    v[(axis + 2) % 3] = y;
}

mesh mesh_sphere(int64_t rings, int axis)
{
    const double pi = acos(-1);
    int64_t around = 2 * rings;
    mesh m = {0, 0, allocate(3 * (rings * around + 2), sizeof *m.V), allocate(6 * rings * around, sizeof *m.F)};
    for (int64_t i = 0; i < rings; i++)
        for (int64_t j = 0; j < around; j++) {
            double a = pi * (double)(i + 1) / (double)(rings + 1), b = 2 * pi * (double)j / (double)around;
            set_point(&m, axis, cos(a), sin(a) * cos(b), sin(a) * sin(b));
        }
    int64_t north = m.vertices, south = north + 1;
    set_point(&m, axis, 1, 0, 0);
    set_point(&m, axis, -1, 0, 0);
    for (int64_t j = 0; j < around; j++) {
        int64_t next = (j + 1) % around, last = (rings - 1) * around;
        set_triangle(&m, north, j, next);
        set_triangle(&m, south, last + next, last + j);
        for (int64_t i = 0; i + 1 < rings; i++) {
            int64_t here = i * around, below = here + around;
            set_triangle(&m, here + j, below + j, below + next);
            set_triangle(&m, here + j, below + next, here + next);
        }
    }
    return m;
}

/* ---- Files ---- */

/* A text, and a mesh that grows while it is read. */
typedef struct reader {
    const char *path, *at;
    mesh m;
    int64_t room_v, room_f;
} reader;

static char *read_text(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail(path, "cannot be opened");
    long size = ftell(f);
    rewind(f);
    char *text = allocate(size, 1);
    if (fread(text, 1, (size_t)size, f) != (size_t)size)
        fail(path, "cannot be read");
    fclose(f);
    return text;
}

static double next_real(reader *r)
{
    char *end;
    double x = strtod(r->at, &end);
    if (end == r->at)
        fail(r->path, "a number is missing");
    r->at = end;
    return x;
}

static int64_t next_int(reader *r)
{
    char *end;
    long long x = strtoll(r->at, &end, 10);
    if (end == r->at)
        fail(r->path, "an integer is missing");
    r->at = end;
    return x;
}

static void skip_line(reader *r)
{
    r->at += strcspn(r->at, "\n");
    r->at += *r->at == '\n';
}

static void add_vertex(reader *r)
{
    if (r->m.vertices == r->room_v) {
        r->room_v = 2 * r->room_v + 1024;
        r->m.V = realloc(r->m.V, (size_t)r->room_v * 3 * sizeof *r->m.V);
        if (!r->m.V)
            fail(r->path, "too large");
    }
    double *v = r->m.V + 3 * r->m.vertices++;
    for (int k = 0; k < 3; k++)
        v[k] = next_real(r);
    skip_line(r);
}

static void add_polygon(reader *r, const int64_t *corner, int64_t count)
{
    if (r->m.triangles + count > r->room_f) {
        r->room_f = 2 * r->room_f + 1024;
        r->m.F = realloc(r->m.F, (size_t)r->room_f * 3 * sizeof *r->m.F);
        if (!r->m.F)
            fail(r->path, "too large");
    }
    for (int64_t k = 2; k < count; k++)
        set_triangle(&r->m, corner[0], corner[k - 1], corner[k]);
}

/* A line "count corner corner ...", counted from 0. */
static void counted_polygon(reader *r)
{
    int64_t corner[LONGEST_POLYGON], count = next_int(r);
    if (count < 0 || count > LONGEST_POLYGON)
        fail(r->path, "a face has too many corners");
    for (int64_t k = 0; k < count; k++)
        corner[k] = next_int(r);
    add_polygon(r, corner, count);
    skip_line(r);
}

static void read_lists(reader *r, int64_t vertices, int64_t faces)
{
    for (int64_t i = 0; i < vertices; i++)
        add_vertex(r);
    for (int64_t i = 0; i < faces; i++)
        counted_polygon(r);
}

static void read_off(reader *r)
{
    if (strncmp(r->at, "OFF", 3) != 0)
        fail(r->path, "does not begin with OFF");
    r->at += 3;
    while (r->at += strspn(r->at, " \t\r\n"), *r->at == '#')
        skip_line(r);
    int64_t vertices = next_int(r), faces = next_int(r);
    next_int(r);
    read_lists(r, vertices, faces);
}

static void read_ply(reader *r)
{
    int64_t vertices = 0, faces = 0;
    for (; strncmp(r->at, "end_header", 10) != 0; skip_line(r)) {
        if (!*r->at)
            fail(r->path, "its header has no end");
        if (strncmp(r->at, "format", 6) == 0 && strncmp(r->at, "format ascii", 12) != 0)
            fail(r->path, "only ascii PLY files are read");
        if (strncmp(r->at, "element vertex", 14) == 0)
            vertices = strtoll(r->at + 14, NULL, 10);
        if (strncmp(r->at, "element face", 12) == 0)
            faces = strtoll(r->at + 12, NULL, 10);
    }
    skip_line(r);
    read_lists(r, vertices, faces);
}

/* "f 1 2 3", "f 1/1/1 2/2/2 3/3/3", "f -3 -2 -1": counted from 1, or back from the last vertex. */
static void obj_polygon(reader *r)
{
    int64_t corner[LONGEST_POLYGON], count = 0;
    while (r->at += strspn(r->at, " \t\r"), *r->at && *r->at != '\n') {
        if (count == LONGEST_POLYGON)
            fail(r->path, "a face has too many corners");
        int64_t index = next_int(r);
        corner[count++] = index < 0 ? r->m.vertices + index : index - 1;
        r->at += strcspn(r->at, " \t\r\n");
    }
    add_polygon(r, corner, count);
}

static void read_obj(reader *r)
{
    while (*r->at) {
        bool vertex = strncmp(r->at, "v ", 2) == 0, face = strncmp(r->at, "f ", 2) == 0;
        r->at += vertex || face ? 2 : 0;
        if (vertex) {
            add_vertex(r);
        } else {
            if (face)
                obj_polygon(r);
            skip_line(r);
        }
    }
}

mesh mesh_read(const char *path)
{
    static const struct {
        const char *ending;
        void (*read)(reader *r);
    } formats[] = {{".off", read_off}, {".obj", read_obj}, {".ply", read_ply}};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(ending, formats[i].ending) != 0)
            continue;
        char *text = read_text(path);
        reader r = {.path = path, .at = text};
        formats[i].read(&r);
        free(text);
        for (int64_t k = 0; k < 3 * r.m.triangles; k++)
            if (r.m.F[k] < 0 || r.m.F[k] >= r.m.vertices)
                fail(path, "a face has a corner that is no vertex");
        return r.m;
    }
    fail(path, "is no .off, .obj or .ply file");
    return (mesh){0};
}

void mesh_write_off(const mesh *m, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        fail(path, "cannot be written");
    fprintf(f, "OFF\n%lld %lld 0\n", (long long)m->vertices, (long long)m->triangles);
    for (int64_t i = 0; i < m->vertices; i++)
        fprintf(f, "%.9g %.9g %.9g\n", m->V[3 * i], m->V[3 * i + 1], m->V[3 * i + 2]);
    for (int64_t t = 0; t < m->triangles; t++)
        fprintf(f, "3 %lld %lld %lld\n", (long long)m->F[3 * t], (long long)m->F[3 * t + 1],
                (long long)m->F[3 * t + 2]);
    fclose(f);
}

/* ---- Measures ---- */

void mesh_frame(const mesh *m, double centre[3], double *radius)
{
    double squares = 0;
    for (int k = 0; k < 3; k++) {
        centre[k] = 0;
        for (int64_t i = 0; i < m->vertices; i++)
            centre[k] += m->V[3 * i + k] / (double)m->vertices;
        for (int64_t i = 0; i < m->vertices; i++)
            squares += pow(m->V[3 * i + k] - centre[k], 2);
    }
    *radius = sqrt(squares / (double)m->vertices);
}

static double dot3(const double *x, const double *y)
{
    return x[0] * y[0] + x[1] * y[1] + x[2] * y[2];
}

static double squared_to_segment(const double *p, const double *a, const double *b)
{
    double ab[3], ap[3];
    for (int k = 0; k < 3; k++) {
        ab[k] = b[k] - a[k];
        ap[k] = p[k] - a[k];
    }
    double length = dot3(ab, ab), t = length > 0 ? fmin(fmax(dot3(ap, ab) / length, 0), 1) : 0;
    for (int k = 0; k < 3; k++)
        ap[k] -= t * ab[k];
    return dot3(ap, ap);
}

/* The nearest point is the foot of the perpendicular where that lies inside, else it is on a side. */
static double squared_to_triangle(const double *p, const double *a, const double *b, const double *c)
{
    double ab[3], ac[3], ap[3];
    for (int k = 0; k < 3; k++) {
        ab[k] = b[k] - a[k];
        ac[k] = c[k] - a[k];
        ap[k] = p[k] - a[k];
    }
    double bb = dot3(ab, ab), bc = dot3(ab, ac), cc = dot3(ac, ac), pb = dot3(ap, ab), pc = dot3(ap, ac);
    double area = bb * cc - bc * bc, u = cc * pb - bc * pc, v = bb * pc - bc * pb;
    if (area > 0 && u >= 0 && v >= 0 && u + v <= area) {
        for (int k = 0; k < 3; k++)
            ap[k] -= (u * ab[k] + v * ac[k]) / area;
        return dot3(ap, ap);
    }
    return fmin(squared_to_segment(p, a, b), fmin(squared_to_segment(p, b, c), squared_to_segment(p, c, a)));
}

void mesh_distance(const mesh *from, const mesh *to, double *mean, double *largest)
{
    *mean = *largest = 0;
    for (int64_t i = 0; i < from->vertices; i++) {
        double nearest = INFINITY;
        for (int64_t t = 0; t < to->triangles; t++) {
            const int64_t *f = to->F + 3 * t;
            nearest = fmin(nearest,
                           squared_to_triangle(from->V + 3 * i, to->V + 3 * f[0], to->V + 3 * f[1], to->V + 3 * f[2]));
        }
        *mean += sqrt(nearest) / (double)from->vertices;
        *largest = fmax(*largest, sqrt(nearest));
    }
}
