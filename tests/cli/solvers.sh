# What a solver did not reach is a status and results that are NaN, wherever it stands: never a number.
expect 1 adc run "$models/solvers.ad" stuck a=1
err_has "'stuck': computation failed or did not converge, results are NaN"
expect 0 adc run "$models/solvers.ad" stuck a=0
out_has "x = 1"
expect 1 adc run "$models/solvers.ad" late d=1,2,3,4,5 most=4
err_has "did not converge"
expect 0 adc run "$models/solvers.ad" late d=1,2,3,4,5 most=5
out_has "0.2"
expect 1 adc run "$models/solvers.ad" late d=1,2 most=0
expect 1 adc run "$models/solvers.ad" late d=0,0 most=5
expect 1 adc run "$models/solvers.ad" late d=1,nan most=5
expect 1 adc run "$models/solvers.ad" total_grad d=1,2,3,4
expect 0 adc run "$models/solvers.ad" total_grad d=1,2,4
out_has "grad_d = [-1, -0.25, -0.0625"
expect 1 adc run "$models/solvers.ad" steps a=0.5,2,0.5
expect 0 adc run "$models/solvers.ad" steps a=0.5,0.5
out_has "result = 4.9999999"
expect 1 adc run "$models/solvers.ad" rows a=0.5,0.25,3
expect 0 adc run "$models/solvers.ad" rows a=0.5,0.25,0
expect 1 adc run "$models/solvers.ad" guarded x=1,2 c=-1
expect 0 adc run "$models/solvers.ad" guarded x=1,2 c=1
out_has "y = [1, 2]"

# In C: the status, and every real result that is wanted NaN.
cat >main.c <<'C'
#include <math.h>
#include "solvers.h"
int main(void)
{
    double x = 0, y = 0;
    int64_t n = 7;
    int failed = (solvers_stuck(1, &x, &y, &n, NULL, 0) & 0xff) != AD_NUMERIC || !isnan(x) || !isnan(y);
    x = 0;
    failed |= (solvers_stuck(1, &x, NULL, NULL, NULL, 0) & 0xff) != AD_NUMERIC || !isnan(x);
    failed |= solvers_stuck(0, &x, &y, &n, NULL, 0) != AD_OK || x != 1 || y != 0 || n != 3;
    return failed;
}
C
expect 0 adc compile "$models/solvers.ad" -o solvers.c
expect 0 cc -std=c11 -Wall -Wextra -Werror -O1 -I"$runtime/include" main.c solvers.c "$runtime"/*.c -lm -o main
expect 0 ./main
