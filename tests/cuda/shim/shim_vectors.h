/* The vector types of CUDA that generated code may use. */
#ifndef SHIM_VECTORS_H
#define SHIM_VECTORS_H

#define SHIM_VECTOR2(name, type, bytes)                                                                                \
    struct alignas(bytes) name##2                                                                                      \
    {                                                                                                                  \
        type x, y;                                                                                                     \
    };                                                                                                                 \
    static inline name##2 make_##name##2(type x, type y)                                                               \
    {                                                                                                                  \
        return {x, y};                                                                                                 \
    }
#define SHIM_VECTOR3(name, type)                                                                                       \
    struct name##3                                                                                                     \
    {                                                                                                                  \
        type x, y, z;                                                                                                  \
    };                                                                                                                 \
    static inline name##3 make_##name##3(type x, type y, type z)                                                       \
    {                                                                                                                  \
        return {x, y, z};                                                                                              \
    }
#define SHIM_VECTOR4(name, type)                                                                                       \
    struct alignas(16) name##4                                                                                         \
    {                                                                                                                  \
        type x, y, z, w;                                                                                               \
    };                                                                                                                 \
    static inline name##4 make_##name##4(type x, type y, type z, type w)                                               \
    {                                                                                                                  \
        return {x, y, z, w};                                                                                           \
    }

SHIM_VECTOR2(float, float, 8)
SHIM_VECTOR2(double, double, 16)
SHIM_VECTOR2(int, int, 8)
SHIM_VECTOR2(longlong, long long, 16)
SHIM_VECTOR3(float, float)
SHIM_VECTOR3(double, double)
SHIM_VECTOR4(float, float)
SHIM_VECTOR4(double, double)
SHIM_VECTOR4(int, int)

#endif
