# Commands, options, help, exit status 2.
model=$models/plain.ad

expect 0 adc --version
out_has "adc "
expect 0 adc help
out_has "compile"
out_has "gradcheck"
out_has "--real"
for command_name in compile build run check gradcheck bench explain help; do
    expect 0 adc help $command_name
    out_has "adc $command_name"
    expect 0 adc $command_name --help
    out_has "adc $command_name"
done
expect 0 adc help run
out_has "name=@file.npy"
out_has "--out-dir"
out_lacks "--header"

expect 2 adc
one_error
expect 2 adc comple "$model"
one_error
err_has "did you mean 'adc compile'?"
expect 2 adc help runn
err_has "did you mean 'adc run'?"
for later in graph fmt; do
    expect 2 adc $later "$model"
    one_error
    err_has "'$later' is not available"
done

expect 2 adc check "$model" --reel=f32
one_error
err_has "did you mean '--real'?"
expect 2 adc check "$model" --real=f16
err_has "f64, f32"
expect 2 adc check "$model" --sum=khan
one_error
err_has "did you mean 'kahan'?"
expect 2 adc check "$model" --math=exact
err_has "precise, fast"
expect 2 adc check "$model" --real
err_has "needs a value"
expect 2 adc check "$model" -v=3
one_error
expect 2 adc check "$model" --json
err_has "takes no option '--json'"
expect 2 adc check "$model" -D N
err_has "NAME=INT"
expect 2 adc check "$model" -DN=1.5
expect 2 adc check "$model" -DN=-1
expect 2 adc check "$model" --emit=grpah
err_has "did you mean 'graph'?"
expect 2 adc check "$model" --color=blue
expect 2 adc check "$model" --checkpoint=some
expect 2 adc check
expect 2 adc check "$model" another.ad
err_has "another.ad"
expect 2 adc run "$model"
expect 2 adc run "$model" twice x
err_has "name=value"
expect 2 adc run "$model" twice x=1 --seed=a
expect 2 adc compile "$model"
err_has "-o"
expect 2 adc compile "$model" -o a.c -o b.c
expect 2 adc compile "$model" -o model.so
err_has "adc build"
expect 2 adc build "$model" -o model.c
err_has "adc compile"
expect 2 adc compile "$model" -o m.c --prefix=1a
err_has "1a"

# Options stand anywhere, in every spelling.
expect 0 adc --real=f32 check "$model"
expect 0 adc check --real f32 "$model" -I /tmp -I/tmp -D N=3 -DM=4 --color never
err_is_empty
for kept in all "every 3" "revolve 4" "budget 64 MiB" recompute; do
    expect 0 adc check "$model" --checkpoint="$kept"
done
for kept in "every" "every 0" "revolve x" "budget 64" "budget 1 TB" "all 3"; do
    expect 2 adc check "$model" --checkpoint="$kept"
done
for mode in blocked kahan f64; do expect 0 adc check --sum=$mode "$model"; done
for mode in precise fast; do expect 0 adc check --math $mode "$model"; done
expect 0 adc check -- "$model"
