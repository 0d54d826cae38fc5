/* The collectives of a warp: every thread of the mask gives a value and, when all have come, reads others'. */
#ifndef SHIM_WARP_H
#define SHIM_WARP_H

namespace shim
{
/* The values that the warp's threads gave. */
template <class T> struct gathered {
    const char (*values)[16];
    T operator[](int lane) const
    {
        T v;
        memcpy(&v, values[lane], sizeof v);
        return v;
    }
};

static inline void meet_warp(unsigned mask, int line)
{
    warp &w = my_warp();
    const unsigned bit = 1u << rank % WARP;
    if (!(mask & bit))
        fail("a thread is not in the mask of its warp's collective", line);
    if (mask & w.ended)
        fail("a warp's collective waits for a thread that has ended", line);
    mask &= existing(rank / WARP);
    if (w.g.waiting > 0 && w.g.mask != mask)
        fail("the masks of a warp's collective differ", line);
    w.g.mask = mask;
    meet(w.g, __builtin_popcount(mask), line);
}

template <class T> gathered<T> gather(unsigned mask, T v, int line)
{
    static_assert(sizeof v <= 16, "a collective's value has at most 16 bytes");
    locked own;
    warp &w = my_warp();
    const unsigned set = w.g.opened % 2;
    memcpy(w.values[set][rank % WARP], &v, sizeof v);
    meet_warp(mask, line);
    return {w.values[set]};
}

/* The lane to read from: its own where that is not in its part of the warp. */
static inline int lane_in_part(int lane, int width)
{
    const int mine = rank % WARP;
    const bool is_inside = lane >= 0 && lane < WARP && lane / width == mine / width;
    return is_inside && existing(rank / WARP) >> lane & 1 ? lane : mine;
}

} // namespace shim

static inline void __syncwarp(unsigned mask = ~0u, int line = __builtin_LINE())
{
    shim::locked own;
    shim::meet_warp(mask, line);
}

template <class T> T __shfl_sync(unsigned mask, T v, int from, int width = shim::WARP, int line = __builtin_LINE())
{
    const int first = shim::rank % shim::WARP / width * width;
    return shim::gather(mask, v, line)[first + from % width];
}

template <class T>
T __shfl_up_sync(unsigned mask, T v, unsigned distance, int width = shim::WARP, int line = __builtin_LINE())
{
    return shim::gather(mask, v, line)[shim::lane_in_part(shim::rank % shim::WARP - (int)distance, width)];
}

template <class T>
T __shfl_down_sync(unsigned mask, T v, unsigned distance, int width = shim::WARP, int line = __builtin_LINE())
{
    return shim::gather(mask, v, line)[shim::lane_in_part(shim::rank % shim::WARP + (int)distance, width)];
}

template <class T> T __shfl_xor_sync(unsigned mask, T v, int bits, int width = shim::WARP, int line = __builtin_LINE())
{
    return shim::gather(mask, v, line)[shim::lane_in_part((shim::rank % shim::WARP) ^ bits, width)];
}

static inline unsigned __ballot_sync(unsigned mask, int is_true, int line = __builtin_LINE())
{
    shim::gathered<int> all = shim::gather(mask, is_true, line);
    unsigned result = 0;
    for (int i = 0; i < shim::WARP; i++)
        if (mask & shim::existing(shim::rank / shim::WARP) & 1u << i && all[i])
            result |= 1u << i;
    return result;
}

static inline int __any_sync(unsigned mask, int is_true, int line = __builtin_LINE())
{
    return __ballot_sync(mask, is_true, line) != 0;
}

static inline int __all_sync(unsigned mask, int is_true, int line = __builtin_LINE())
{
    return __ballot_sync(mask, !is_true, line) == 0;
}

#endif
