/* cuSOLVER for the shim: the host's LAPACK, whose matrices have columns as those of cuSOLVER. How much memory a routine
 * wants is made up, and checked when it is called. */
#ifndef SHIM_CUSOLVER_H
#define SHIM_CUSOLVER_H
#include "cublas_v2.h"

#define LAPACK_COMPLEX_STRUCTURE
#include <lapacke.h>

typedef enum { CUSOLVER_STATUS_SUCCESS = 0, CUSOLVER_STATUS_INVALID_VALUE = 3 } cusolverStatus_t;
typedef enum { CUSOLVER_EIG_MODE_NOVECTOR = 0, CUSOLVER_EIG_MODE_VECTOR = 1 } cusolverEigMode_t;
typedef shim::library_handle *cusolverDnHandle_t;

static inline cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t *h)
{
    *h = new shim::library_handle{};
    LAPACKE_set_nancheck(0); /* cuSOLVER looks for no NaN */
    return CUSOLVER_STATUS_SUCCESS;
}

static inline cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t h)
{
    delete h;
    return CUSOLVER_STATUS_SUCCESS;
}

static inline cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t h, cudaStream_t stream)
{
    h->stream = stream;
    return CUSOLVER_STATUS_SUCCESS;
}

namespace shim
{
static inline int room_of(int m, int n)
{
    return 3 * m + 2 * n + 5;
}

static inline char lapack_fill(cublasFillMode_t fill)
{
    return fill == CUBLAS_FILL_MODE_UPPER ? 'U' : 'L';
}

static inline char lapack_op(cublasOperation_t op)
{
    return op == CUBLAS_OP_T ? 'T' : 'N';
}

static inline cusolverStatus_t say_room(int *room, int m, int n)
{
    *room = room_of(m, n);
    return CUSOLVER_STATUS_SUCCESS;
}

template <class T> cusolverStatus_t potrf_room(cusolverDnHandle_t, cublasFillMode_t, int n, T *, int, int *room)
{
    return say_room(room, n, n);
}

template <class T>
cusolverStatus_t potrf(cusolverDnHandle_t h, cublasFillMode_t fill, int n, T *a, int lda, T *room, int has, int *info)
{
    if (lda < n || has < room_of(n, n))
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), room = argument(room), info = argument(info);
    enqueue(h->stream, [=]() {
        fill_room(room, (size_t)has);
        *info = choose<T>(LAPACKE_spotrf, LAPACKE_dpotrf)(LAPACK_COL_MAJOR, lapack_fill(fill), n, a, lda);
    });
    return CUSOLVER_STATUS_SUCCESS;
}

template <class T> cusolverStatus_t getrf_room(cusolverDnHandle_t, int m, int n, T *, int, int *room)
{
    return say_room(room, m, n);
}

template <class T>
cusolverStatus_t getrf(cusolverDnHandle_t h, int m, int n, T *a, int lda, T *room, int *pivots, int *info)
{
    if (lda < m)
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), room = argument(room), pivots = argument(pivots), info = argument(info);
    enqueue(h->stream, [=]() {
        fill_room(room, (size_t)room_of(m, n));
        *info = choose<T>(LAPACKE_sgetrf, LAPACKE_dgetrf)(LAPACK_COL_MAJOR, m, n, a, lda, pivots);
    });
    return CUSOLVER_STATUS_SUCCESS;
}

template <class T>
cusolverStatus_t getrs(cusolverDnHandle_t h, cublasOperation_t op, int n, int sides, const T *a, int lda,
                       const int *pivots, T *b, int ldb, int *info)
{
    if (lda < n || ldb < n)
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), b = argument(b), pivots = argument(pivots), info = argument(info);
    enqueue(h->stream, [=]() {
        *info = choose<T>(LAPACKE_sgetrs, LAPACKE_dgetrs)(LAPACK_COL_MAJOR, lapack_op(op), n, sides, a, lda, pivots, b,
                                                          ldb);
    });
    return CUSOLVER_STATUS_SUCCESS;
}

template <class T> cusolverStatus_t geqrf_room(cusolverDnHandle_t, int m, int n, T *, int, int *room)
{
    return say_room(room, m, n);
}

template <class T>
cusolverStatus_t geqrf(cusolverDnHandle_t h, int m, int n, T *a, int lda, T *tau, T *room, int has, int *info)
{
    if (lda < m || has < room_of(m, n))
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), tau = argument(tau), room = argument(room), info = argument(info);
    enqueue(h->stream, [=]() {
        fill_room(room, (size_t)has);
        *info = choose<T>(LAPACKE_sgeqrf, LAPACKE_dgeqrf)(LAPACK_COL_MAJOR, m, n, a, lda, tau);
    });
    return CUSOLVER_STATUS_SUCCESS;
}

template <class T>
cusolverStatus_t ormqr_room(cusolverDnHandle_t, cublasSideMode_t, cublasOperation_t, int m, int n, int, const T *, int,
                            const T *, const T *, int, int *room)
{
    return say_room(room, m, n);
}

template <class T>
cusolverStatus_t ormqr(cusolverDnHandle_t h, cublasSideMode_t side, cublasOperation_t op, int m, int n, int k,
                       const T *a, int lda, const T *tau, T *c, int ldc, T *room, int has, int *info)
{
    if (lda < (side == CUBLAS_SIDE_LEFT ? m : n) || ldc < m || has < room_of(m, n))
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), tau = argument(tau), c = argument(c), room = argument(room), info = argument(info);
    enqueue(h->stream, [=]() {
        fill_room(room, (size_t)has);
        *info = choose<T>(LAPACKE_sormqr, LAPACKE_dormqr)(LAPACK_COL_MAJOR, side == CUBLAS_SIDE_LEFT ? 'L' : 'R',
                                                          lapack_op(op), m, n, k, a, lda, tau, c, ldc);
    });
    return CUSOLVER_STATUS_SUCCESS;
}

template <class T>
cusolverStatus_t syevd_room(cusolverDnHandle_t, cusolverEigMode_t, cublasFillMode_t, int n, const T *, int, const T *,
                            int *room)
{
    return say_room(room, n, n);
}

template <class T>
cusolverStatus_t syevd(cusolverDnHandle_t h, cusolverEigMode_t mode, cublasFillMode_t fill, int n, T *a, int lda, T *w,
                       T *room, int has, int *info)
{
    if (lda < n || has < room_of(n, n))
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), w = argument(w), room = argument(room), info = argument(info);
    enqueue(h->stream, [=]() {
        fill_room(room, (size_t)has);
        *info = choose<T>(LAPACKE_ssyevd, LAPACKE_dsyevd)(
            LAPACK_COL_MAJOR, mode == CUSOLVER_EIG_MODE_VECTOR ? 'V' : 'N', lapack_fill(fill), n, a, lda, w);
    });
    return CUSOLVER_STATUS_SUCCESS;
}

static inline cusolverStatus_t gesvd_room(cusolverDnHandle_t, int m, int n, int *room)
{
    return say_room(room, m, n);
}

/* Rows that are longer than columns it does not take. What is not wanted may be NULL. */
template <class T>
cusolverStatus_t gesvd(cusolverDnHandle_t h, signed char job_u, signed char job_vt, int m, int n, T *a, int lda, T *s,
                       T *u, int ldu, T *vt, int ldvt, T *room, int has, T *, int *info)
{
    if (m < n || lda < m || ldu < m || ldvt < n || has < room_of(m, n))
        return CUSOLVER_STATUS_INVALID_VALUE;
    a = argument(a), s = argument(s), u = argument(u), vt = argument(vt), room = argument(room), info = argument(info);
    enqueue(h->stream, [=]() {
        fill_room(room, (size_t)has);
        T *rest = (T *)calloc((size_t)n, sizeof *rest);
        *info = choose<T>(LAPACKE_sgesvd, LAPACKE_dgesvd)(LAPACK_COL_MAJOR, (char)job_u, (char)job_vt, m, n, a, lda, s,
                                                          u, ldu, vt, ldvt, rest);
        free(rest);
    });
    return CUSOLVER_STATUS_SUCCESS;
}
} // namespace shim

#define cusolverDnSpotrf_bufferSize shim::potrf_room<float>
#define cusolverDnDpotrf_bufferSize shim::potrf_room<double>
#define cusolverDnSpotrf shim::potrf<float>
#define cusolverDnDpotrf shim::potrf<double>
#define cusolverDnSgetrf_bufferSize shim::getrf_room<float>
#define cusolverDnDgetrf_bufferSize shim::getrf_room<double>
#define cusolverDnSgetrf shim::getrf<float>
#define cusolverDnDgetrf shim::getrf<double>
#define cusolverDnSgetrs shim::getrs<float>
#define cusolverDnDgetrs shim::getrs<double>
#define cusolverDnSgeqrf_bufferSize shim::geqrf_room<float>
#define cusolverDnDgeqrf_bufferSize shim::geqrf_room<double>
#define cusolverDnSgeqrf shim::geqrf<float>
#define cusolverDnDgeqrf shim::geqrf<double>
#define cusolverDnSormqr_bufferSize shim::ormqr_room<float>
#define cusolverDnDormqr_bufferSize shim::ormqr_room<double>
#define cusolverDnSormqr shim::ormqr<float>
#define cusolverDnDormqr shim::ormqr<double>
#define cusolverDnSsyevd_bufferSize shim::syevd_room<float>
#define cusolverDnDsyevd_bufferSize shim::syevd_room<double>
#define cusolverDnSsyevd shim::syevd<float>
#define cusolverDnDsyevd shim::syevd<double>
#define cusolverDnSgesvd_bufferSize shim::gesvd_room
#define cusolverDnDgesvd_bufferSize shim::gesvd_room
#define cusolverDnSgesvd shim::gesvd<float>
#define cusolverDnDgesvd shim::gesvd<double>

#endif
