/* One table per kind of unit; the largest unit that the number reaches is taken. */
#include "driver/units.h"

typedef struct unit {
    double size;
    const char *name;
} unit;

/* Three significant digits, without exponent below 1000. */
static const char *in_units(arena *mem, double x, int n, const unit *units)
{
    int i = 0;
    while (i < n - 1 && x < units[i].size * 0.9995)
        i++;
    x /= units[i].size;
    int decimals = x < 9.995 ? 2 : x < 99.95 ? 1 : 0;
    return arena_printf(mem, "%.*f %s", decimals, x, units[i].name);
}

const char *units_time(arena *mem, double seconds)
{
    static const unit units[] = {{1.0, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
    return in_units(mem, seconds, 4, units);
}

const char *units_bytes(arena *mem, double bytes)
{
    static const unit units[] = {{0x1p40, "TiB"}, {0x1p30, "GiB"}, {0x1p20, "MiB"}, {0x1p10, "KiB"}};
    return bytes < 1024.0 ? arena_printf(mem, "%.0f B", bytes) : in_units(mem, bytes, 4, units);
}

const char *units_count(arena *mem, double n)
{
    return arena_printf(mem, n < 1e6 ? "%.0f" : "%.3g", n);
}
