/* What the twins of cuBLAS, cuSOLVER and cuFFT share: their calls wait in the stream like kernels, and their memory is
 * the device's. */
#ifndef SHIM_LIBRARY_H
#define SHIM_LIBRARY_H
#include <cuda_runtime.h>

#include <type_traits>

namespace shim
{
/* A handle knows its stream. It is not the shim's concern whether handles are given back. */
struct library_handle {
    cudaStream_t stream;
};

/* The pointer of a call, for when it is run; NULL stays NULL. */
template <class T> T *argument(T *p)
{
    return kernel_argument(p);
}

/* Real libraries are free to use all of the memory that they asked for. */
template <class T> void fill_room(T *room, size_t n)
{
    memset((void *)room, UNWRITTEN, n * sizeof *room);
}

/* f(f32's function, f64's) */
template <class T, class F, class D> auto choose(F f, D d)
{
    if constexpr (std::is_same<T, float>::value)
        return f;
    else
        return d;
}
} // namespace shim

#endif
