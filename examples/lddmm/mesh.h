/* Triangle meshes: made by formula, read from OFF, OBJ and PLY files, written as OFF, measured. */
#ifndef MESH_H
#define MESH_H
#include <stddef.h>
#include <stdint.h>

typedef struct mesh {
    int64_t vertices, triangles;
    double *V;  /* [vertices*3] */
    int64_t *F; /* [triangles*3] */
} mesh;

/* The sphere of radius 1: so many rings of twice as many vertices, and two poles on axis 0, 1 or 2. */
mesh mesh_sphere(int64_t rings, int axis);
/* Reads a file by its ending; polygons are cut into fans. Ends the program where it cannot. */
mesh mesh_read(const char *path);
void mesh_write_off(const mesh *m, const char *path);
void mesh_free(mesh *m);

/* Centre of the vertices, and the root of their mean squared distance from it. */
void mesh_frame(const mesh *m, double centre[3], double *radius);
/* Distances from the vertices to the nearest point of the other's triangles: their mean and the largest. */
void mesh_distance(const mesh *from, const mesh *to, double *mean, double *largest);

void *allocate(int64_t count, size_t size);
#endif
