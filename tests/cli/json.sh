# adc run --json.
model=$models/values.ad
run() { adc run "$model" --json "$@"; }

expect 0 run f 'x=[[1,2],[3,4.5]]' w=1,2 s=0.5 k=3 on=true F=0,1
out_is '{"e": 27, "y": [[0.5, 1], [1.5, 2.25]], "c": [3, 4], "b": false}'
expect 0 run pick x=0.1 F=0
out_is '{"y": [0.10000000000000001]}'
expect 0 run --real=f32 pick x=0.1 F=0
out_is '{"y": [0.100000001]}'
expect 0 run pick x=1,inf,nan F=0,1,2
out_is '{"y": [1, null, null], "nonfinite": ["y"]}'
expect 0 run f 'x=[[1]]' w=1,2 s=0 k=3 on=true F=0
out_is '{"e": null, "y": [[0]], "c": [3], "b": false, "nonfinite": ["e"]}'
expect 0 run window x=1,2,3,4 y=1,2
out_is '{"result": 43}'
expect 0 run h_grad 'q=[[1,1,1]]' s=2
out_is '{"result": 0, "grad_q": [[2, 2, 2]], "grad_s": 0}'
expect 0 run fill a=1 N=25
test_that "not all entries" [ "$(tr -cd 1 <"$work/out" | wc -c)" = 25 ]
expect 1 run fill a=1
out_is ""
