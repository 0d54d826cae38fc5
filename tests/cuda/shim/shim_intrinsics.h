/* Functions that CUDA has on the device and C++ has not. */
#ifndef SHIM_INTRINSICS_H
#define SHIM_INTRINSICS_H

/* Atomics. Floats have none: sums by atomics differ from run to run, and generated code uses none. */

#define SHIM_ATOMIC(name, operation)                                                                                   \
    template <class T> T name(T *p, decltype(T(0)) v)                                                                  \
    {                                                                                                                  \
        static_assert(T(0.5) == 0, "integers only");                                                                   \
        T old = __atomic_load_n(p, __ATOMIC_RELAXED);                                                                  \
        while (!__atomic_compare_exchange_n(p, &old, operation, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {          \
        }                                                                                                              \
        return old;                                                                                                    \
    }

SHIM_ATOMIC(atomicAdd, old + v)
SHIM_ATOMIC(atomicSub, old - v)
SHIM_ATOMIC(atomicMax, old > v ? old : v)
SHIM_ATOMIC(atomicMin, old < v ? old : v)
SHIM_ATOMIC(atomicOr, old | v)
SHIM_ATOMIC(atomicAnd, old &v)
SHIM_ATOMIC(atomicExch, v)
SHIM_ATOMIC(atomicInc, old >= v ? 0 : old + 1)
SHIM_ATOMIC(atomicDec, old == 0 || old > v ? v : old - 1)

template <class T> T atomicCAS(T *p, decltype(T(0)) old, decltype(T(0)) v)
{
    __atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return old;
}

/* Memory. */

template <class T> T __ldg(const T *p)
{
    return *p;
}
template <class T> T __ldcg(const T *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Arithmetic that is not to be contracted. */

#define SHIM_FUNCTION1(type, name, expression)                                                                         \
    static inline type name(type a)                                                                                    \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
#define SHIM_FUNCTION2(type, name, expression)                                                                         \
    static inline type name(type a, type b)                                                                            \
    {                                                                                                                  \
        return expression;                                                                                             \
    }
#define SHIM_FUNCTION3(type, name, expression)                                                                         \
    static inline type name(type a, type b, type c)                                                                    \
    {                                                                                                                  \
        return expression;                                                                                             \
    }

SHIM_FUNCTION2(float, __fadd_rn, a + b)
SHIM_FUNCTION2(float, __fsub_rn, a - b)
SHIM_FUNCTION2(float, __fmul_rn, a *b)
SHIM_FUNCTION2(float, __fdiv_rn, a / b)
SHIM_FUNCTION3(float, __fmaf_rn, fmaf(a, b, c))
SHIM_FUNCTION1(float, __frcp_rn, 1.0f / a)
SHIM_FUNCTION1(float, __fsqrt_rn, sqrtf(a))
SHIM_FUNCTION2(double, __dadd_rn, a + b)
SHIM_FUNCTION2(double, __dsub_rn, a - b)
SHIM_FUNCTION2(double, __dmul_rn, a *b)
SHIM_FUNCTION2(double, __ddiv_rn, a / b)
SHIM_FUNCTION3(double, __fma_rn, fma(a, b, c))
SHIM_FUNCTION1(double, __drcp_rn, 1.0 / a)
SHIM_FUNCTION1(double, __dsqrt_rn, sqrt(a))
SHIM_FUNCTION1(float, rsqrtf, 1.0f / sqrtf(a))
SHIM_FUNCTION1(double, rsqrt, 1.0 / sqrt(a))

/* Approximations, which a test has to tolerate; here they are exact. Macros, because libc declares some of them. */

#define __expf(x) expf(x)
#define __exp10f(x) powf(10.0f, x)
#define __logf(x) logf(x)
#define __log2f(x) log2f(x)
#define __sinf(x) sinf(x)
#define __cosf(x) cosf(x)
#define __powf(x, y) powf(x, y)
#define __fdividef(x, y) ((float)(x) / (float)(y))
SHIM_FUNCTION1(float, __frsqrt_rn, 1.0f / sqrtf(a))
SHIM_FUNCTION1(float, __saturatef, a > 0.0f ? a < 1.0f ? a : 1.0f : 0.0f)

/* Bits. */

template <class To, class From> To shim_bits(From v)
{
    To result;
    static_assert(sizeof result == sizeof v, "bits of one size");
    memcpy(&result, &v, sizeof v);
    return result;
}

static inline float __int_as_float(int v)
{
    return shim_bits<float>(v);
}
static inline float __uint_as_float(unsigned v)
{
    return shim_bits<float>(v);
}
static inline int __float_as_int(float v)
{
    return shim_bits<int>(v);
}
static inline unsigned __float_as_uint(float v)
{
    return shim_bits<unsigned>(v);
}
static inline double __longlong_as_double(long long v)
{
    return shim_bits<double>(v);
}
static inline long long __double_as_longlong(double v)
{
    return shim_bits<long long>(v);
}
static inline double __hiloint2double(int high, int low)
{
    return shim_bits<double>((uint64_t)(uint32_t)high << 32 | (uint32_t)low);
}
static inline int __double2hiint(double v)
{
    return (int)(shim_bits<uint64_t>(v) >> 32);
}
static inline int __double2loint(double v)
{
    return (int)shim_bits<uint64_t>(v);
}

/* Integers. */

SHIM_FUNCTION2(unsigned, __umulhi, (unsigned)((uint64_t)a *b >> 32))
SHIM_FUNCTION2(int, __mulhi, (int)((int64_t)a *b >> 32))
SHIM_FUNCTION2(unsigned long long, __umul64hi, (unsigned long long)((unsigned __int128)a *b >> 64))
SHIM_FUNCTION2(long long, __mul64hi, (long long)((__int128)a *b >> 64))

static inline int __popc(unsigned v)
{
    return __builtin_popcount(v);
}
static inline int __popcll(unsigned long long v)
{
    return __builtin_popcountll(v);
}
static inline int __clz(int v)
{
    return v ? __builtin_clz((unsigned)v) : 32;
}
static inline int __clzll(long long v)
{
    return v ? __builtin_clzll((unsigned long long)v) : 64;
}
static inline int __ffs(int v)
{
    return __builtin_ffs(v);
}

#endif
