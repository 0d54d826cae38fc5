/* Growing arrays in an arena:  VEC(int) v = {0};  vec_push(a, &v, 3);  v.data[0], v.n. */
#ifndef ADC_BASE_VEC_H
#define ADC_BASE_VEC_H
#include "base/arena.h"

#define VEC(T)                                                                                                         \
    struct {                                                                                                           \
        T *data;                                                                                                       \
        int n, cap;                                                                                                    \
    }

#define vec_push(a, v, ...)                                                                                            \
    do {                                                                                                               \
        if ((v)->n == (v)->cap) {                                                                                      \
            int vec_cap_ = (v)->cap ? 2 * (v)->cap : 8;                                                                \
            (v)->data = arena_grow((a), (v)->data, (size_t)(v)->n, (size_t)vec_cap_, sizeof *(v)->data);               \
            (v)->cap = vec_cap_;                                                                                       \
        }                                                                                                              \
        (v)->data[(v)->n++] = (__VA_ARGS__);                                                                           \
    } while (0)

#endif
