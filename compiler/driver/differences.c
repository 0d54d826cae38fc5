/* One derivative of a function of one variable, without knowing its scale.
 *
 * Row i of the table holds central differences with step first / 2^i, extrapolated i times to step 0; neighbours that
 * agree tell the error. Rows are added until one is good enough, or as good as rounding allows, so a kink beside the
 * point only spoils the first ones.
 */
#include "driver/differences.h"

#include <math.h>

enum { ROWS = 15, COLUMNS = 6 };
static const double enough = 1e-10; /* relative */

static bool central(difference_function *f, void *data, double h, double *slope, double *size)
{
    double up, down;
    if (!f(data, h, &up) || !f(data, -h, &down))
        return false;
    *slope = (up - down) / (2.0 * h);
    *size = fmax(fabs(up), fabs(down));
    return true;
}

bool difference_estimate(difference_function *f, void *data, double first, double unit, difference *out)
{
    double table[COLUMNS] = {0}, h = first;
    int known = 0; /* entries of the row above; 0: it was not finite */
    *out = (difference){NAN, INFINITY, 0};
    for (int i = 0; i < ROWS; i++, h /= 2.0) {
        double entry, size, power = 1.0;
        if (!central(f, data, h, &entry, &size))
            return false;
        if (!isfinite(entry)) {
            known = 0;
            continue;
        }
        double noise = unit * size / h;
        if (!isfinite(out->value))
            *out = (difference){entry, INFINITY, noise};
        for (int k = 0; k < known && k + 1 < COLUMNS; k++) {
            power *= 4.0;
            double above = table[k], better = entry + (entry - above) / (power - 1.0);
            double error = fmax(fabs(better - entry), fabs(better - above));
            table[k] = entry;
            if (error <= out->error)
                *out = (difference){better, error, noise};
            entry = better;
        }
        if (out->error <= fmax(enough * fabs(out->value), noise))
            break;
        int last = known < COLUMNS - 1 ? known : COLUMNS - 1;
        table[last] = entry;
        known = last + 1;
    }
    return true;
}
