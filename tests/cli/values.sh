# Values on the command line: every form, and what is wrong with others.
model=$models/values.ad
run() { adc run "$model" "$@"; }
f() { run f w=1,2 s=0.5 k=3 on=true F=0,1 "$@"; }

expect 0 f 'x=[[1,2],[3,4.5]]'
err_is_empty
out_is "e = 27
y = [[0.5, 1], [1.5, 2.25]]
c = [3, 4]
b = false"
expect 0 f 'x= [ [1, 2] , [3, 4.5] ]'
out_has "y = [[0.5, 1], [1.5, 2.25]]"
expect 0 run scale 'x=[1,2,3],[4,5,6]' s=-1e1
out_is "y = [[-10, -20, -30], [-40, -50, -60]]"
expect 0 run pick x=7 F=0
out_is "y = [7]"
expect 0 run pick 'x=[]' 'F=[]'
out_is "y = []"
expect 0 run pick x=inf,nan F=1,0
out_is "y = [nan, inf]"
expect 0 run pick x=0.1,0.30000000000000004 F=0,1
out_is "y = [0.1, 0.30000000000000004]"
expect 0 run --real=f32 pick x=0.1,16777216 F=0,1
out_is "y = [0.1, 16777216]"
expect 0 run f 'x=[[1]]' w=1,2 s=2 k=9223372036854775807 on=false F=0
out_has "c = [9223372036854775807]"
out_has "b = true"
expect 0 run pick x=1,2 F=1.0,0e5
out_is "y = [2, 1]"

# .csv: headings, separators, quotes, comments; one row or column may be a vector.
printf 'a,b,c\n1,2,3\r\n4,5,6\n' >heading.csv
expect 0 run scale x=@heading.csv s=1
out_is "y = [[1, 2, 3], [4, 5, 6]]"
printf '# made by hand\n1; 2;"3"\n\n4;5;6' >semicolon.csv
expect 0 run scale x=@semicolon.csv s=1
out_is "y = [[1, 2, 3], [4, 5, 6]]"
printf '1 2  3\n4 5 6\n' >blank.csv
expect 0 run scale x=@blank.csv s=1
out_is "y = [[1, 2, 3], [4, 5, 6]]"
printf 'x\n1\n2\n' >column.csv
expect 0 run pick x=@column.csv F=1
out_is "y = [2]"
printf '1,2\n' >row.csv
expect 0 run pick x=@row.csv F=1
out_is "y = [2]"
printf '1,2,3\n4,5\n' >ragged.csv
expect 1 run scale x=@ragged.csv s=1
one_error
err_has "ragged.csv:2: this line has 2 fields"
printf '1,2,3\n4,x,6\n' >word.csv
expect 1 run scale x=@word.csv s=1
err_has "word.csv:2: field 2 is not a number"
printf 'a,b\nc,d\n' >words.csv
expect 1 run scale x=@words.csv s=1
err_has "words.csv:2"

# Random values: reproducible, by seed and name.
expect 0 run scale 'x=normal(2,3)' s=1
cp "$work/out" first
expect 0 run scale 'x=normal(2,3)' s=1
test_that "the same seed gives other values" cmp -s first "$work/out"
expect 0 run scale 'x=normal(2,3)' s=1 --seed=1
test_that "another seed gives the same values" not cmp -s first "$work/out"
expect 0 run scale 'x=uniform(4,3)' 's=uniform()'
test_that "uniform values outside [0, 1)" not grep -qE -- '-|[1-9]\.|inf' "$work/out"
expect 0 run scale 'x=normal(1000,3)' s=1
out_has "y = f64[1000, 3]: min "

# Sizes.
expect 0 run window x=1,2,3,4 y=1,2
out_is "result = 43"
expect 0 run fill a=2 N=3
out_is "y = [2, 2, 2]"
expect 0 run fill a=2 N=0
out_is "y = []"
expect 0 run fill a=2 -D N=3
out_is "y = [2, 2, 2]"
expect 1 run fill a=2
one_error
err_has "'N'"
expect 1 run fill a=2 N=-1
expect 1 run fill a=2 N=1.5
expect 1 run f 'x=[[1,2]]' w=1,2,3 s=1 k=1 on=true F=0
one_error
err_has "'w'"
err_has "2*H"
expect 1 run window x=1,2,3,4 y=1,2,3,4,5,6
err_has "'y'"
expect 1 run window x=1,2,3,4 y=1,2 w=4
err_has "'y' has 2 entries"
expect 1 run scale 'x=[[1,2]]' s=1
err_has "2 columns, expected 3"

# What is wrong, in one error that names it.
wrong() {
    local what=$1
    shift
    expect 1 run "$@"
    one_error
    err_has "$what"
}
wrong "'s'" scale 'x=[[1,2,3]]'
wrong "'t'" scale 'x=[[1,2,3]]' s=1 t=2
wrong "'s' is given twice" scale 'x=[[1,2,3]]' s=1 s=2
wrong "'x': expected 2 axes" scale x=1,2,3 s=1
wrong "'s': expected a scalar" scale 'x=[[1,2,3]]' s=1,2
wrong "different lengths" scale 'x=[[1,2,3],[4,5]]' s=1
wrong "mixed" scale 'x=[[1,2,3],4]' s=1
wrong "']' is missing" scale 'x=[[1,2,3]' s=1
wrong "after the value" scale 'x=[[1,2,3]]]' s=1
wrong "'s'" scale 'x=[[1,2,3]]' s=
wrong "'s'" scale 'x=[[1,2,3]]' s=abc
wrong "'s'" scale 'x=[[1,2,3]]' s=true
wrong "'F': expected an integer, found 0.5" pick x=1,2 F=0.5
wrong "'F': expected an integer, found 1e+30" pick x=1,2 F=1e30
wrong "'F'" pick x=1,2 'F=uniform(2)'
wrong "'x'" pick 'x=normal(2' F=0
wrong "'x'" pick 'x=normal(-2)' F=0
wrong "'x'" pick 'x=normal(9223372036854775807,9)' F=0
wrong "'on': expected true or false" f 'x=[[1]]' w=1,2 s=1 k=1 on=2 F=0
wrong "nothing.npy" scale x=@nothing.npy s=1
wrong "neither a .npy nor a .csv" scale x=@"$model" s=1
wrong "values.ad:11: argument 'F': subscript 'F[m]' of 'x' is out of range: it is 2, and the axis has 2 entries" pick x=1,2 F=0,2
wrong "argument 'F': subscript 'F[m]' of 'x' is out of range: it is -1, and the axis has 2 entries" pick x=1,2 F=-1
wrong "no function 'scal'" scal s=1
err_has "did you mean 'scale'?"

# Which rule, where, and what breaks it.
broken() { expect 1 adc run "$models/sizes.ad" "${@:2}"; err_has "$1"; }
broken "sizes.ad:3: argument 'A': svd takes a matrix with at least as many rows as columns: M >= N" modes 'A=[[1,2,3],[4,5,6]]'
err_has "here M = 2, N = 3"
broken "sizes.ad:6: argument 'y': these sizes must be equal: N = 2*M" halves x=1,2,3 y=1
err_has "here N = 3, M = 1"
broken "sizes.ad:9: argument 'T': the extent must not be negative: T >= 2" ends x=1,2 T=1
err_has "here T = 1"
broken "sizes.ad:8: argument 'x': subscript 'N-1' must be inside of 'x': N >= 1" ends 'x=normal(0)' T=2
broken "sizes.ad:14: argument 'F': subscript 'F[m] + 1' of 'x', axis 1, is out of range: it is 2, and the axis has 2 entries" walk 'x=[[1,2],[3,4]]' F=0,1
broken "sizes.ad:14: argument 'F': subscript 'F[m]' of 'x', axis 0, is out of range: it is 7, and the axis has 2 entries" walk 'x=[[1,2],[3,4]]' F=0,7
broken "sizes.ad:18: argument 'k': an entry of the slice from 'k' of 'x' is out of range: it is 3, and the axis has 3 entries" middle x=1,2,3 k=2
err_has "here k = 2"
for command in gradcheck bench; do
    expect 1 adc $command "$models/sizes.ad" walk 'x=[[1,2],[3,4]]' F=0,7
    err_has "axis 0, is out of range: it is 7"
done
