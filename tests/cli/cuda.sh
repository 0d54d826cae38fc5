# CUDA: what is written without nvcc, what nvcc is asked for, what is said when it or a GPU is missing.
model=$models/kernel.ad
shim=$here/../cuda/shim
bare=$work/bare
mkdir -p "$bare"
for tool in sh dirname tr g++ gcc clang as ld; do ln -sf "$(command -v $tool)" "$bare/" 2>/dev/null; done
unset NVCC

expect 0 env PATH="$bare" "$ADC" compile "$model" -o kernel.cu --manifest
err_is_empty
test_that "files besides kernel.cu, kernel.h, kernel.json" [ "$(ls -A | wc -l)" = 3 ]
test_that "the header lacks the function on a stream" grep -q 'kernel_energy_cuda(' kernel.h
test_that "the header lacks the function on the caller's arrays" grep -q 'kernel_energy_host(' kernel.h
test_that "the header lacks the C function" grep -q 'kernel_energy(' kernel.h
test_that "the manifest lacks the target" grep -q '"target": "cuda"' kernel.json
expect 0 adc compile "$model" --target=cuda -o - --real=f32
out_has "kernel_energy_f32_cuda"
out_has "kernel_energy_workspace_f32_cuda"
out_has "kernel_module_f32_cuda"
expect 0 adc compile "$model" -o kernel.c
test_that "C has CUDA's functions" not grep -q '_cuda' kernel.h
expect 2 adc compile "$model" --target=cuda -o model.c
one_error
err_has "adc compile $model -o model.cu"
expect 2 adc build "$model" -o model.cu
err_has "adc compile"
expect 2 adc build "$model" --target=cuda --portable -o libkernel.so
one_error
for arch in "" sm_ 90 sm_90, "sm_90 sm_80" native,sm_80; do
    expect 2 adc build "$model" --target=cuda --arch="$arch" -o libkernel.so
    one_error
done
expect 0 adc explain "$model" --target=cuda
out_has "blocks"

# Without a CUDA compiler.
if [ ! -e /usr/local/cuda/bin/nvcc ]; then
    expect 3 env PATH="$bare" "$ADC" build "$model" --target=cuda -o libkernel.so
    one_error
    err_has "apt-get install nvidia-cuda-toolkit"
fi
expect 3 adc build "$model" --target=cuda --nvcc=no-such-nvcc -o libkernel.so
one_error
err_has "no-such-nvcc"
err_has "from --nvcc"
err_has "adc compile"
expect 3 env NVCC=no-such-nvcc "$ADC" run "$model" energy 'q=[[0,0,0]]' p=1 s=1 --target=cuda
err_has "from NVCC"
missing libkernel.so

# With the shim's.
export NVCC="$shim/nvcc --shim=cli"
command -v g++ >/dev/null || return 0
expect 0 adc build "$model" --target=cuda -o libkernel.so -O1 -v
err_has "-gencode arch=compute_80,code=sm_80"
err_has "-gencode arch=compute_90,code=compute_90"
exists libkernel.so
exists kernel.h
expect 0 adc build "$model" --target=cuda -o libkernel.a -O1 --arch=sm_90a
expect 0 adc build "$model" --target=cuda -o kernel.o -O1 --arch=native -v
err_has "-arch=native"
expect 0 adc run "$model" energy 'q=[[0,0,0],[1,0,0]]' p=1,1 s=1 --target=cuda -O1
out_is "result = 1.3678794411714423"
expect 0 adc run "$model" energy 'q=[[0,0,0],[1,0,0]]' p=1,1 s=1 --target=cuda -O1 -v
err_has "cached"
expect 0 adc gradcheck "$model" energy 'q=uniform(9,3)' --target=cuda -O1
expect 0 adc bench "$model" energy N=40 --repeat=3 --target=cuda -O1
out_has "kernel.ad: N=40, f64, GPU"
expect 1 adc bench "$models/values.ad" gather x=1,2,3 k=0,5 --target=cuda -O1 --repeat=1
expect 3 env SHIM_DEVICES=0 "$ADC" run "$model" energy 'q=[[0,0,0]]' p=1 s=1 --target=cuda -O1
one_error
err_has "no GPU can be used"
err_has "leave --target=cuda out"
expect 1 env SHIM_MEMORY=100 "$ADC" run "$model" energy 'q=[[0,0,0]]' p=1 s=1 --target=cuda -O1
one_error
expect 1 env SHIM_MEMORY=100 "$ADC" bench "$model" energy N=40 --repeat=1 --target=cuda -O1
one_error
err_has "on the GPU"

# NVIDIA's libraries are linked where the program needs them; where one is missing, its package is named.
cat >blind-nvcc <<END
#!/bin/sh
for word; do
    case \$word in -lcusolver | -lcublas | -lcufft) echo "cannot find \$word" >&2; exit 1 ;; esac
done
exec "$shim/nvcc" "\$@"
END
chmod +x blind-nvcc
expect 0 adc run "$models/matrix.ad" root 'A=[[4,2],[2,5]]' --target=cuda -O1
out_is "result = [[2, 0], [1, 2]]"
expect 1 adc run "$models/matrix.ad" root 'A=[[1,2],[2,1]]' --target=cuda -O1
one_error
err_has "results are NaN"
expect 3 adc build "$models/matrix.ad" --target=cuda -o libmatrix.so --nvcc=./blind-nvcc
one_error
err_has "cuSOLVER"
err_has "apt-get install libcusolver-dev"
missing libmatrix.so
expect 0 adc build "$models/product.ad" --target=cuda -O1 -o libproduct.so --nvcc=./blind-nvcc -v
test_that "there is no cuBLAS to use" not grep -q AD_BLAS "$work/err"
expect 0 adc build "$models/product.ad" --target=cuda -O1 -o libproduct.so -v
err_has "-DAD_BLAS"
unset NVCC
