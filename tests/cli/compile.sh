# adc compile and check: what is written, and that an error writes nothing.
model=$models/plain.ad

expect 0 adc compile "$model" -o plain.c
err_is_empty
out_is ""
exists plain.c
exists plain.h
missing plain.json
test_that "the C file does not include its header" grep -q '#include "plain.h"' plain.c
test_that "files besides plain.c and plain.h" [ "$(ls -A | wc -l)" = 2 ]

mkdir include
expect 0 adc compile "$model" -o other.c --header include/api.h --prefix mine --manifest
exists other.c
exists include/api.h
exists other.json
missing other.h
test_that "the C file does not include api.h" grep -q '#include "api.h"' other.c
test_that "no prefix in the header" grep -q 'mine_twice' include/api.h

expect 0 adc compile "$model" -o -
out_has "plain_module"
out_lacks "AD_FAST_MATH"
expect 0 adc compile "$model" -o - --math=fast
out_has "#define AD_FAST_MATH 1"
expect 0 adc compile "$model" -o /dev/null --header h.h
test_that "/dev/null was replaced" [ -c /dev/null ]

ln -s real.c link.c
echo old >real.c
expect 0 adc compile "$model" -o link.c
test_that "the link was replaced" [ -L link.c ]
test_that "the linked file was not written" grep -q plain_module real.c

expect 1 adc compile "$models/error.ad" -o error.c --manifest
missing error.c
missing error.h
missing error.json
err_has "error.ad:1:"
expect 1 adc check "$models/error.ad"
err_has "error.ad:1:"
out_is ""
expect 1 adc check "$models/error.ad" --color=always
err_has $'\033['
expect 1 adc check "$models/error.ad" --color=never
test_that "colour" not grep -q $'\033' "$work/err"
expect 0 adc check "$model"
out_is ""

expect 1 adc compile "$model" -o nowhere/plain.c
one_error
err_has "nowhere/plain.c"
mkdir folder.c
expect 1 adc compile "$model" -o folder.c
err_has "folder.c"
missing folder.h
expect 1 adc compile "$model" -o first.c --header nowhere/first.h
missing first.c
expect 1 adc check nothing.ad
one_error
err_has "nothing.ad"
expect 1 adc check "$models"
one_error

for stage in tokens tree typed graph adjoint fused loops; do
    expect 0 adc compile "$model" --emit=$stage
    test_that "stage $stage is empty" [ -s "$work/out" ]
done
expect 0 adc compile "$model" --emit=graph -o graph.txt
exists graph.txt
out_is ""
missing graph.h
expect 0 adc check "$model" --emit=typed
out_has "twice"
