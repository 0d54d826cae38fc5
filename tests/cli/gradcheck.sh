# adc gradcheck: right and wrong derivatives.
model=$models/values.ad wrong=$models/wrong_derivative.ad

expect 0 adc gradcheck "$model"
out_has "PASS  h_grad: grad_q: max relative error "
out_has "PASS  h_grad: grad_s: max relative error "
out_has "2 gradients checked, 0 failed"
err_is_empty
expect 0 adc gradcheck "$model" h
out_has "PASS  h_grad: grad_q"
expect 0 adc gradcheck "$model" h_grad 'q=uniform(50,3)' s=0.3 --seed=5
out_has "PASS  h_grad: grad_q"
expect 0 adc gradcheck "$model" N=2 --real=f32
out_has "PASS"
expect 0 adc gradcheck "$model" N=0
out_has "PASS"

expect 1 adc gradcheck "$wrong"
out_has "PASS  right_grad: grad_x"
out_has "FAIL  wrong_grad: grad_x: max relative error 0.0003"
out_has "2 gradients checked, 1 failed"
one_error
expect 0 adc gradcheck "$wrong" right
out_lacks wrong_grad

expect 1 adc gradcheck "$model" scale
err_has "no gradient of 'scale'"
expect 1 adc gradcheck "$model" hh
err_has "did you mean 'h'?"
expect 1 adc gradcheck "$models/plain.ad"
one_error
err_has "exports no gradient"
expect 1 adc gradcheck "$model" z=1
err_has "'z'"
expect 1 adc gradcheck "$model" 'q=[[1,2]]'
one_error
err_has "'q'"
expect 1 adc gradcheck "$model" 'q=[[-1,2,3]]'
err_has "not finite"
expect 2 adc gradcheck "$model" h q

# At a minimum the gradient is 0 but for rounding; an error of 1e-7 beside a value of 100 is one.
minimum=$models/minimum.ad data='x=normal(200,4)'
expect 0 adc run "$minimum" mode "$data" -o w=w.npy
expect 0 adc gradcheck "$minimum" right "$data" w=@w.npy
out_has "PASS  right_grad: grad_w"
expect 1 adc gradcheck "$minimum" wrong "$data" w=@w.npy
out_has "FAIL  wrong_grad: grad_w"
