/* W8: reprojection errors of bundle adjustment and their block Jacobian, by hand. Sizes C, P, O; inputs and results as
 * in programs/bundle.ad; calling convention of ad_function.
 *
 * e = w (f L u + u0 - feature) with y = R(r)(X - c), u = y_01 / y_2, L = 1 + k1 |u|^2 + k2 |u|^4. Rodrigues' R is
 * differentiated along each r_k through the angle and the axis. */
#include <adc/runtime.h>
#include <math.h>

static void cross(const double *a, const double *b, double *out)
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

static double dot(const double *a, const double *b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* y = R x; dr[k] = d y / d r_k; R itself to dx, which is d y / d x. */
static void rotate(const double *r, const double *x, double *y, double dr[3][3], double dx[3][3])
{
    double angle2 = dot(r, r);
    if (angle2 == 0) {
        cross(r, x, y);
        for (int i = 0; i < 3; i++)
            y[i] += x[i];
        for (int k = 0; k < 3; k++) {
            double unit[3] = {k == 0, k == 1, k == 2}, turned[3];
            cross(unit, x, dr[k]);
            cross(r, unit, turned);
            for (int i = 0; i < 3; i++)
                dx[i][k] = unit[i] + turned[i];
        }
        return;
    }
    double angle = sqrt(angle2), c = cos(angle), s = sin(angle), axis[3], ax[3];
    for (int i = 0; i < 3; i++)
        axis[i] = r[i] / angle;
    cross(axis, x, ax);
    double along = dot(axis, x);
    for (int i = 0; i < 3; i++)
        y[i] = x[i] * c + ax[i] * s + axis[i] * along * (1 - c);
    for (int k = 0; k < 3; k++) {
        double turn[3], moved[3], unit_along;
        for (int i = 0; i < 3; i++)
            turn[i] = ((i == k) - axis[i] * axis[k]) / angle;
        cross(turn, x, moved);
        unit_along = dot(turn, x);
        for (int i = 0; i < 3; i++)
            dr[k][i] = axis[k] * (-x[i] * s + ax[i] * c + axis[i] * along * s) + moved[i] * s +
                       (turn[i] * along + axis[i] * unit_along) * (1 - c);
    }
    const double skew[3][3] = {{0, -axis[2], axis[1]}, {axis[2], 0, -axis[0]}, {-axis[1], axis[0], 0}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            dx[i][k] = (i == k) * c + skew[i][k] * s + axis[i] * axis[k] * (1 - c);
}

static void observation(const double *cam, const double *point, double w, const double *feature, double *e, double *jc,
                        double *jx, double *jw)
{
    double x[3], y[3], dr[3][3], dx[3][3];
    for (int i = 0; i < 3; i++)
        x[i] = point[i] - cam[3 + i];
    rotate(cam, x, y, dr, dx);
    double inverse = 1 / y[2], u[2] = {y[0] * inverse, y[1] * inverse}, r2 = u[0] * u[0] + u[1] * u[1];
    double f = cam[6], k1 = cam[9], k2 = cam[10], L = 1 + k1 * r2 + k2 * r2 * r2, slope = 2 * (k1 + 2 * k2 * r2);
    for (int a = 0; a < 2; a++) {
        double plain = f * L * u[a] + cam[7 + a] - feature[a], du[2], dy[3];
        e[a] = w * plain;
        jw[a] = plain;
        for (int b = 0; b < 2; b++)
            du[b] = w * f * ((a == b) * L + u[a] * slope * u[b]);
        dy[0] = du[0] * inverse;
        dy[1] = du[1] * inverse;
        dy[2] = -(du[0] * u[0] + du[1] * u[1]) * inverse;
        double *row = &jc[11 * a];
        for (int k = 0; k < 3; k++) {
            row[k] = dot(dy, dr[k]);
            jx[3 * a + k] = dy[0] * dx[0][k] + dy[1] * dx[1][k] + dy[2] * dx[2][k];
            row[3 + k] = -jx[3 * a + k];
        }
        row[6] = w * L * u[a];
        row[7] = a == 0 ? w : 0;
        row[8] = a == 1 ? w : 0;
        row[9] = w * f * u[a] * r2;
        row[10] = w * f * u[a] * r2 * r2;
    }
}

ad_status jacobians(const int64_t *sizes, const void *const *in, void *const *out, void *workspace, size_t size)
{
    const double *cams = in[0], *points = in[1], *w = in[2], *feature = in[5];
    const int64_t *cam = in[3], *point = in[4];
    double *e = out[0], *ew = out[1], *jc = out[2], *jx = out[3], *jw = out[4], *jew = out[5];
    (void)workspace, (void)size;
#pragma omp parallel for
    for (int64_t o = 0; o < sizes[2]; o++) {
        observation(&cams[11 * cam[o]], &points[3 * point[o]], w[o], &feature[2 * o], &e[2 * o], &jc[22 * o],
                    &jx[6 * o], &jw[2 * o]);
        ew[o] = 1 - w[o] * w[o];
        jew[o] = -2 * w[o];
    }
    return AD_OK;
}
