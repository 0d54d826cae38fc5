/* cuFFT for the shim: the host's FFTW. */
#ifndef SHIM_CUFFT_H
#define SHIM_CUFFT_H
#include "shim_library.h"

#include <fftw3.h>

typedef enum { CUFFT_SUCCESS = 0, CUFFT_INVALID_VALUE = 4 } cufftResult;
typedef enum { CUFFT_C2C = 0x29, CUFFT_Z2Z = 0x69 } cufftType;
enum { CUFFT_FORWARD = -1, CUFFT_INVERSE = 1 };
typedef int cufftHandle;

namespace shim
{
struct fft_plan {
    cudaStream_t stream;
    int n, rows;
    cufftType type;
    bool takes_room;
    void *room;
};

/* Plans are numbers; few programs have more. */
SHIM_STATE fft_plan *fft_plans[256];

static inline int fft_find(const fft_plan *p)
{
    int k = 0;
    while (k < 256 && fft_plans[k] != p)
        k++;
    return k;
}
} // namespace shim

static inline cufftResult cufftCreate(cufftHandle *plan)
{
    *plan = shim::fft_find(NULL);
    if (*plan == 256)
        return CUFFT_INVALID_VALUE;
    shim::fft_plans[*plan] = new shim::fft_plan{};
    return CUFFT_SUCCESS;
}

static inline cufftResult cufftDestroy(cufftHandle plan)
{
    delete shim::fft_plans[plan];
    shim::fft_plans[plan] = NULL;
    return CUFFT_SUCCESS;
}

static inline cufftResult cufftSetAutoAllocation(cufftHandle plan, int automatic)
{
    shim::fft_plans[plan]->takes_room = !automatic;
    return CUFFT_SUCCESS;
}

static inline cufftResult cufftSetWorkArea(cufftHandle plan, void *room)
{
    shim::fft_plans[plan]->room = room;
    return CUFFT_SUCCESS;
}

static inline cufftResult cufftSetStream(cufftHandle plan, cudaStream_t stream)
{
    shim::fft_plans[plan]->stream = stream;
    return CUFFT_SUCCESS;
}

static inline cufftResult cufftMakePlan1d(cufftHandle plan, int n, cufftType type, int rows, size_t *room)
{
    shim::fft_plan *p = shim::fft_plans[plan];
    p->n = n;
    p->rows = rows;
    p->type = type;
    *room = p->takes_room ? 16 * (size_t)n : 0;
    return n > 0 && rows > 0 ? CUFFT_SUCCESS : CUFFT_INVALID_VALUE;
}

static inline cufftResult cufftExecZ2Z(cufftHandle plan, double2 *from, double2 *to, int direction)
{
    const shim::fft_plan p = *shim::fft_plans[plan];
    if (p.type != CUFFT_Z2Z || (p.takes_room && !p.room))
        return CUFFT_INVALID_VALUE;
    from = shim::argument(from), to = shim::argument(to);
    shim::enqueue(p.stream, [=]() {
        if (p.room)
            shim::fill_room(shim::address((double *)p.room), 2 * (size_t)p.n);
        fftw_plan f = fftw_plan_many_dft(1, &p.n, p.rows, (fftw_complex *)from, NULL, 1, p.n, (fftw_complex *)to, NULL,
                                         1, p.n, direction, FFTW_ESTIMATE);
        fftw_execute(f);
        fftw_destroy_plan(f);
    });
    return CUFFT_SUCCESS;
}

static inline cufftResult cufftExecC2C(cufftHandle plan, float2 *from, float2 *to, int direction)
{
    const shim::fft_plan p = *shim::fft_plans[plan];
    if (p.type != CUFFT_C2C || (p.takes_room && !p.room))
        return CUFFT_INVALID_VALUE;
    from = shim::argument(from), to = shim::argument(to);
    shim::enqueue(p.stream, [=]() {
        if (p.room)
            shim::fill_room(shim::address((double *)p.room), 2 * (size_t)p.n);
        fftwf_plan f = fftwf_plan_many_dft(1, &p.n, p.rows, (fftwf_complex *)from, NULL, 1, p.n, (fftwf_complex *)to,
                                           NULL, 1, p.n, direction, FFTW_ESTIMATE);
        fftwf_execute(f);
        fftwf_destroy_plan(f);
    });
    return CUFFT_SUCCESS;
}

#endif
