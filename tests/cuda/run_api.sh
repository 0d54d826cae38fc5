#!/usr/bin/env bash
# A program calls the functions of a CUDA module, through the shim; and with nvcc, where there is one and a GPU.
# ctest: seconds 12
set -u
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d "${BUILD:-/tmp}/cuda_api.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 2
command -v g++ >/dev/null || { echo "g++ is missing"; exit 77; }
# clang without optimisation compiles in half the time.
level=-O1
command -v clang++ >/dev/null && export SHIM_CXX=clang++ && level=-O0

# program NVCC FLAGS... : both modules in both precisions and the caller, compiled and run
program() {
    local nvcc=$1
    shift
    "$ADC" compile -D D=3 "$here/model.ad" -o model.c &&
        "$ADC" compile -D D=3 "$here/model.ad" -o model.cu &&
        "$ADC" compile -D D=3 "$here/model.ad" --real=f32 --prefix=model_f32 -o model_f32.cu || return 1
    gcc -std=c11 -O1 -I"$SRC/runtime/include" -c model.c "$SRC/runtime/status.c" || return 1
    local file
    for file in model.cu model_f32.cu "$here/api.cu"; do
        "$nvcc" "$@" -I. -I"$SRC/runtime/include" -c "$file" -o "$(basename "$file" .cu)_cu.o" || return 1
    done
    "$nvcc" "$@" -I. model.o status.o model_cu.o model_f32_cu.o api_cu.o -o api -lm || return 1
    ./api
}

# fenced FENCE : the block of docs/cuda.md
fenced() { awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } $0 == "```" { inside = 0 } inside' "$SRC/docs/cuda.md"; }

mkdir page && cd page || exit 2
fenced adc >model.ad
fenced cuda >main.cu
"$ADC" compile model.ad -o model.cu && gcc -std=c11 -I"$SRC/runtime/include" -c "$SRC/runtime/status.c" || exit 1
for file in main model; do "$here/shim/nvcc" $level -I. -I"$SRC/runtime/include" -c $file.cu -o $file.o || exit 1; done
"$here/shim/nvcc" main.o model.o status.o -o main && ./main >said || { echo "FAILED docs/cuda.md"; exit 1; }
cd ..

# libraries NVCC FLAGS... : a module that calls NVIDIA's libraries, with and without cuBLAS for products
libraries() {
    local nvcc=$1 blas
    shift
    "$ADC" compile "$here/library.ad" -o library.cu || return 1
    for blas in "" -DAD_BLAS; do
        "$nvcc" "$@" -I. -I"$SRC/runtime/include" -c library.cu $blas -o library.o &&
            "$nvcc" "$@" -I. -I"$SRC/runtime/include" -c "$here/library.cu" -o calls.o &&
            "$nvcc" "$@" calls.o library.o status.o -o library -lcusolver -lcublas -lcufft && ./library || return 1
    done
}

program "$here/shim/nvcc" $level || { echo "FAILED with the shim"; exit 1; }
libraries "$here/shim/nvcc" $level || { echo "FAILED with the shim's libraries"; exit 1; }
SHIM_REVERSE=1 ./api || { echo "FAILED with the blocks in reverse order"; exit 1; }
nvidia-smi >/dev/null 2>&1 && nvcc=$(command -v nvcc || command -v /usr/local/cuda/bin/nvcc) || exit 0
program "$nvcc" -O3 -arch=native || { echo "FAILED on the GPU"; exit 1; }
libraries "$nvcc" -O3 -arch=native || { echo "FAILED on the GPU, with libraries"; exit 1; }
