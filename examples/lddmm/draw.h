/* A picture of meshes: shaded triangles with a depth buffer, seen along an axis, written as PNG. */
#ifndef DRAW_H
#define DRAW_H
#include "mesh.h"

typedef struct picture {
    int64_t width, height;
    unsigned char *rgb; /* [height*width*3] */
    double *depth;      /* [height*width] */
} picture;

/* A white square of the picture that shows [-reach, reach]^2, seen along an axis. */
typedef struct view {
    int64_t left, top, side;
    int along;
    double reach;
} view;

picture picture_new(int64_t width, int64_t height);
void picture_free(picture *p);
/* The mesh with the two colours in stripes by the third coordinate of `paint` [vertices*3], which so follow the
 * vertices. */
void picture_mesh(picture *p, view v, const mesh *m, const double *paint, const double colours[2][3]);
void picture_write(const picture *p, const char *path);
#endif
