# The compile cache: reused, keyed, safe with several processes and against damage.
model=$models/plain.ad
ADC_CACHE=$PWD/cache
entries() { find "$ADC_CACHE" -name '*.so' | wc -l; }
twice() { adc run "$model" twice x=21 "$@"; }

expect 0 twice -v
out_is "result = 42"
err_has "building"
test_that "not one entry" [ "$(entries)" = 1 ]
expect 0 twice -v
out_is "result = 42"
err_has "cached"
expect 0 twice -O1
test_that "other flags share an entry" [ "$(entries)" = 2 ]
expect 0 twice --real=f32
test_that "f32 shares an entry" [ "$(entries)" = 3 ]
cp "$model" copy.ad
expect 0 adc run copy.ad twice x=21
out_is "result = 42"
echo 'export fn twice(x: real) -> real = 3 * x;' >copy.ad
expect 0 adc run copy.ad twice x=21
out_is "result = 63"

# How sums are added up, and how exact functions are, is part of the key.
rm -f cache/*.so
echo 'export fn total(x: real[N]) -> real = sum[i](exp(x[i]));' >total.ad
for mode in --sum=blocked --sum=kahan --sum=f64 --math=fast; do
    expect 0 adc run total.ad total x=0,0,0 --real=f32 $mode
    out_is "result = 3"
done
test_that "not four entries" [ "$(entries)" = 4 ]

# Only what is called is compiled, or with --whole everything, for all calls.
rm -f cache/*.so
cat >pair.ad <<'END'
export fn double(x: real) -> real = 2 * x;
export fn square(x: real) -> real = x * x;
export grad square wrt x;
END
for function in double square square_grad; do expect 0 adc run pair.ad $function x=3; done
test_that "not three entries" [ "$(entries)" = 3 ]
expect 0 adc gradcheck pair.ad square
expect 0 adc bench pair.ad square_grad --repeat=1
out_has "square "
test_that "no entry for a function and its gradient" [ "$(entries)" = 4 ]
expect 0 adc gradcheck pair.ad
for function in double square square_grad; do expect 0 adc run --whole pair.ad $function x=3; done
test_that "no entry for the whole file" [ "$(entries)" = 5 ]

# Damage: empty, cut, garbage, one byte changed.
rm -f cache/*.so
expect 0 twice
entry=$(find cache -name '*.so')
cp "$entry" good
damaged() {
    expect 0 twice
    out_is "result = 42"
    err_is_empty
    test_that "not repaired" cmp -s -n 64 good "$entry"
}
: >"$entry"
damaged
head -c 3000 good >"$entry"
damaged
echo garbage >"$entry"
damaged
cp good "$entry"
printf '\xff' | dd of="$entry" bs=1 seek=4000 conv=notrunc status=none
damaged

# Several at once, on an empty cache.
rm -rf cache
for i in 1 2 3 4; do twice >"out$i" 2>&1 & done
wait
for i in 1 2 3 4; do test_that "process $i: $(cat "out$i")" [ "$(cat "out$i")" = "result = 42" ]; done
test_that "files left behind" [ -z "$(find cache -mindepth 1 ! -name '*.so' ! -name 'probe-*')" ]

# Where it is.
unset ADC_CACHE
expect 0 env XDG_CACHE_HOME="$PWD/xdg" "$ADC" run "$model" twice x=21
test_that "not in XDG_CACHE_HOME" [ -n "$(find xdg/adc -name '*.so')" ]
expect 0 env HOME="$PWD/home" "$ADC" run "$model" twice x=21
test_that "not in HOME" [ -n "$(find home/.cache/adc -name '*.so')" ]
export ADC_CACHE=relative
expect 0 twice
test_that "not in a relative folder" [ -n "$(find relative -name '*.so')" ]
export ADC_CACHE=$work/cache
