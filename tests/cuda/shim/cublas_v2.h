/* cuBLAS for the shim: the host's BLAS, whose matrices have columns as those of cuBLAS. */
#ifndef SHIM_CUBLAS_H
#define SHIM_CUBLAS_H
#include "shim_library.h"

#ifndef FORCE_OPENBLAS_COMPLEX_STRUCT
#define FORCE_OPENBLAS_COMPLEX_STRUCT
#endif
#include <cblas.h>

#define CUBLAS_VER_MAJOR 13

typedef enum { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_INVALID_VALUE = 7 } cublasStatus_t;
typedef enum { CUBLAS_FILL_MODE_LOWER = 0, CUBLAS_FILL_MODE_UPPER = 1 } cublasFillMode_t;
typedef enum { CUBLAS_DIAG_NON_UNIT = 0, CUBLAS_DIAG_UNIT = 1 } cublasDiagType_t;
typedef enum { CUBLAS_SIDE_LEFT = 0, CUBLAS_SIDE_RIGHT = 1 } cublasSideMode_t;
typedef enum { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 } cublasOperation_t;
typedef shim::library_handle *cublasHandle_t;

static inline cublasStatus_t cublasCreate(cublasHandle_t *h)
{
    *h = new shim::library_handle{};
    return CUBLAS_STATUS_SUCCESS;
}

static inline cublasStatus_t cublasDestroy(cublasHandle_t h)
{
    delete h;
    return CUBLAS_STATUS_SUCCESS;
}

static inline cublasStatus_t cublasSetStream(cublasHandle_t h, cudaStream_t stream)
{
    h->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}

namespace shim
{
static inline CBLAS_TRANSPOSE blas_op(cublasOperation_t op)
{
    return op == CUBLAS_OP_T ? CblasTrans : CblasNoTrans;
}

template <class T>
cublasStatus_t gemm(cublasHandle_t h, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k,
                    const T *alpha, const T *a, int lda, const T *b, int ldb, const T *beta, T *c, int ldc)
{
    if (lda < (op_a == CUBLAS_OP_N ? m : k) || ldb < (op_b == CUBLAS_OP_N ? k : n) || ldc < m)
        return CUBLAS_STATUS_INVALID_VALUE;
    const T x = *alpha, y = *beta;
    a = argument(a), b = argument(b), c = argument(c);
    enqueue(h->stream, [=]() {
        choose<T>(cblas_sgemm, cblas_dgemm)(CblasColMajor, blas_op(op_a), blas_op(op_b), m, n, k, x, a, lda, b, ldb, y,
                                            c, ldc);
    });
    return CUBLAS_STATUS_SUCCESS;
}

template <class T>
cublasStatus_t trsm(cublasHandle_t h, cublasSideMode_t side, cublasFillMode_t fill, cublasOperation_t op,
                    cublasDiagType_t diagonal, int m, int n, const T *alpha, const T *a, int lda, T *b, int ldb)
{
    if (lda < (side == CUBLAS_SIDE_LEFT ? m : n) || ldb < m)
        return CUBLAS_STATUS_INVALID_VALUE;
    const T x = *alpha;
    a = argument(a), b = argument(b);
    enqueue(h->stream, [=]() {
        choose<T>(cblas_strsm, cblas_dtrsm)(CblasColMajor, side == CUBLAS_SIDE_LEFT ? CblasLeft : CblasRight,
                                            fill == CUBLAS_FILL_MODE_UPPER ? CblasUpper : CblasLower, blas_op(op),
                                            diagonal == CUBLAS_DIAG_UNIT ? CblasUnit : CblasNonUnit, m, n, x, a, lda, b,
                                            ldb);
    });
    return CUBLAS_STATUS_SUCCESS;
}
} // namespace shim

#define cublasSgemm shim::gemm<float>
#define cublasDgemm shim::gemm<double>
#define cublasStrsm shim::trsm<float>
#define cublasDtrsm shim::trsm<double>

#endif
