# adc build: libraries that a C program links, and what happens without a compiler.
model=$models/plain.ad
cc=$(command -v clang || command -v gcc)
cat >main.c <<'END'
#include "plain.h"
#include <stdio.h>
int main(void)
{
    double y = 0;
    ad_status status = plain_twice(21, &y, NULL, 0);
    printf("%g %s\n", y, ad_status_string(status));
    return status;
}
END

expect 0 adc build "$model" -o libplain.so
err_is_empty
exists libplain.so
exists plain.h
test_that "files besides the library, plain.h and main.c" [ "$(ls -A | wc -l)" = 3 ]
expect 0 "$cc" main.c -I. -I"$runtime/include" ./libplain.so -o shared
expect 0 ./shared
out_is "42 no error"

expect 0 adc build "$model" -o libplain.a -O1 -g
expect 0 adc build "$model" -o plain.o
expect 0 "$cc" main.c "$runtime/status.c" libplain.a -I. -I"$runtime/include" -lm -o archive
expect 0 ./archive
out_is "42 no error"
expect 0 "$cc" main.c "$runtime/status.c" plain.o -I. -I"$runtime/include" -lm -o object
expect 0 ./object

expect 0 adc build "$model" -o libplain.so --cc="$cc" -v
err_has "$cc"
expect 0 env CC="$cc -DSOMETHING" "$ADC" build "$model" -o libplain.so -v
err_has "-DSOMETHING"
expect 0 env ADC_HOME="$runtime/.." "$ADC" build "$model" -o libplain.so -v
err_has "$runtime/../runtime/status.c"

# Status 3: a tool is missing or fails.
expect 3 adc build "$model" -o lib3.so --cc=no-such-compiler
one_error
err_has "no-such-compiler"
missing lib3.so
expect 3 env CC=no-such-compiler "$ADC" run "$model" twice x=1
err_has "from CC"
expect 3 env PATH=/nowhere "$ADC" build "$model" -o lib3.so
one_error
err_has "apt-get install"
cat >broken-cc <<'END'
#!/bin/sh
echo "broken-cc: this is what I say" >&2
exit 4
END
chmod +x broken-cc
expect 3 adc build "$model" -o lib3.so --cc=./broken-cc
one_error
err_has "this is what I say"
missing lib3.so
missing 3.h
expect 1 adc build "$models/error.ad" -o liberror.so
missing liberror.so
missing error.h

# A library is linked where the program needs it; where it is missing, its package is named.
cat >blind-cc <<END
#!/bin/sh
for word; do
    case \$word in -llapacke | -lfftw3 | -lopenblas) echo "cannot find \$word" >&2; exit 1 ;; esac
done
exec "$cc" "\$@"
END
chmod +x blind-cc
expect 0 adc run "$models/matrix.ad" root 'A=[[4,2],[2,5]]'
out_is "result = [[2, 0], [1, 2]]"
expect 1 adc run "$models/matrix.ad" root 'A=[[1,2],[2,1]]'
one_error
err_has "results are NaN"
expect 3 adc build "$models/matrix.ad" -o libmatrix.so --cc=./blind-cc
one_error
err_has "LAPACK"
err_has "apt-get install liblapacke-dev libopenblas-dev"
missing libmatrix.so
expect 0 adc build "$model" -o libplain.so --cc=./blind-cc
# What is only faster with a library does without it.
expect 0 adc build "$models/product.ad" -o libproduct.so --cc=./blind-cc -v
test_that "there is no BLAS to use" not grep -q AD_BLAS "$work/err"
expect 0 adc build "$models/product.ad" -o libproduct.so --no-blas -v
test_that "--no-blas uses BLAS" not grep -q AD_BLAS "$work/err"
expect 0 adc build "$models/product.ad" -o libproduct.so -v
err_has "-DAD_BLAS"
