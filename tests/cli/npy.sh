# NumPy files in and out.
model=$models/values.ad
run() { adc run "$model" "$@"; }

# npy FILE VERSION DICTIONARY: a header; the entries follow from standard input
npy() {
    local text=$3 length
    while [ $(((${#text} + 11) % 16)) != 0 ]; do text="$text "; done
    length=$((${#text} + 1))
    {
        printf "\\x93NUMPY\\x0$2\\x00"
        printf "\\x$(printf %02x $((length % 256)))\\x$(printf %02x $((length / 256)))"
        [ "$2" = 1 ] || printf '\x00\x00'
        printf '%s\n' "$text"
        cat
    } >"$1"
}
one_f8='\x00\x00\x00\x00\x00\x00\xf0\x3f' two_f8='\x00\x00\x00\x00\x00\x00\x00\x40'
one_f4='\x00\x00\x80\x3f' two_f4='\x00\x00\x00\x40'

printf "$one_f8$two_f8" | npy f8.npy 1 "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
expect 0 run pick x=@f8.npy F=1,0
out_is "y = [2, 1]"
printf "$one_f4$two_f4" | npy f4.npy 2 "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
expect 0 run pick x=@f4.npy F=1,0
out_is "y = [2, 1]"
printf '\x01\x00\x00\x00\xff\xff\xff\xff' | npy i4.npy 3 "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }"
expect 0 run pick x=@i4.npy F=1,0
out_is "y = [-1, 1]"
printf '\x01\x00\x00\x00\x00\x00\x00\x00' | npy i8.npy 1 "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }"
expect 0 run pick x=5,6 F=@i8.npy
out_is "y = [6]"
printf "$two_f8" | npy scalar.npy 1 "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"
expect 0 run scale 'x=[[1,2,3]]' s=@scalar.npy
out_is "y = [[2, 4, 6]]"
printf '' | npy empty.npy 1 "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }"
expect 0 run scale x=@empty.npy s=1
out_is "y = []"

refused() {
    expect 1 run scale x=@"$1" s=1
    one_error
    err_has "$1"
    err_has "$2"
}
printf "$one_f8$two_f8" | npy order.npy 1 "{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }"
refused order.npy "Fortran order"
printf "$one_f8" | npy big.npy 1 "{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }"
refused big.npy "f4, f8, i4, i8"
printf "$one_f8" | npy complex.npy 1 "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }"
refused complex.npy "f4, f8, i4, i8"
printf "$one_f8" | npy short.npy 1 "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }"
refused short.npy "cut short"
printf "$one_f8" | npy huge.npy 1 "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9), }"
refused huge.npy "cut short"
printf "$one_f8" | npy negative.npy 1 "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"
refused negative.npy "shape"
printf "$one_f8" | npy dictionary.npy 1 "{'fortran_order': False, 'shape': (1,), }"
refused dictionary.npy "damaged"
printf "$one_f8" | npy version.npy 4 "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"
refused version.npy "version"
echo "no numpy" >text.npy
refused text.npy "not a .npy file"
: >nothing.npy
refused nothing.npy "not a .npy file"

# Out, and in again.
expect 0 run scale 'x=[[1,2,3],[4,5,6]]' s=0.5 -o y=y.npy
out_is "y -> y.npy"
expect 0 run scale x=@y.npy s=2
out_is "y = [[1, 2, 3], [4, 5, 6]]"
test_that "the entries do not start at a multiple of 64" [ $(($(wc -c <y.npy) - 48)) = 128 ]
expect 0 run --real=f32 scale 'x=[[1,2,3]]' s=1 --out-dir=a/b
out_is "y -> a/b/y.npy"
expect 0 run scale x=@a/b/y.npy s=1
out_is "y = [[1, 2, 3]]"
expect 0 run f 'x=[[1,2]]' w=1,2 s=1 k=1 on=true F=4 --out-dir=all -o c=c.npy
out_has "e -> all/e.npy"
out_has "c -> c.npy"
expect 0 run f 'x=[[1,2]]' w=1,2 s=@all/e.npy k=1 on=@all/b.npy F=@c.npy
out_has "c = [6]"
out_has "b = true"
expect 2 run scale 'x=[[1,2,3]]' s=1 -o y.npy
one_error
expect 2 run scale 'x=[[1,2,3]]' s=1 -o y=y.txt
expect 1 run scale 'x=[[1,2,3]]' s=1 -o z=z.npy
err_has "no result 'z'"
expect 1 run scale 'x=[[1,2,3]]' s=1 -o y=nowhere/y.npy
err_has "nowhere/y.npy"
