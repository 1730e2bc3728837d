/* Random numbers by address: Philox4x32-10, uniforms in (0, 1), normal quantiles by AS 241. */
#ifndef PHILOX_H
#define PHILOX_H

#include <math.h>
#include <stdint.h>

typedef struct {
    double a, b, c, d;
} uniforms_t;

static inline double unit(uint32_t word) { return ((double)word + 0.5) * 0x1p-32; }

/* Address: trial, posterior row, purpose << 24 | sub, index; key: the seed. */
static inline uniforms_t uniforms(uint64_t key, int64_t trial, double row, int64_t purpose, int64_t sub, int64_t index)
{
    uint32_t c0 = (uint32_t)trial, c1 = (uint32_t)(int64_t)row, c2 = (uint32_t)((purpose << 24) | sub);
    uint32_t c3 = (uint32_t)index, k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int i = 0; i < 10; i++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    uniforms_t u = {unit(c0), unit(c1), unit(c2), unit(c3)};
    return u;
}

static inline double normal(double u)
{
    double q = u - 0.5, num, den, r;
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        num = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r
                   + 45921.953931549871457) * r + 13731.693765509461125) * r
                 + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608);
        den = (((((((5226.495278852545925 * r + 28729.085735721942674) * r + 39307.89580009271061) * r
                   + 21213.794301586595867) * r + 5394.1960214247511077) * r
                 + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0);
        return q * num / den;
    }
    r = q < 0.0 ? u : 1.0 - u;
    r = sqrt(-log(r));
    if (r <= 5.0) {
        r -= 1.6;
        num = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                   + 1.27045825245236838258) * r + 3.64784832476320460504) * r
                 + 5.7694972214606914055) * r + 4.6303378461565452959) * r + 1.42343711074968357734);
        den = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                    + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                  + 0.68976733498510000455) * r + 1.6763848301838038494) * r + 2.05319162663775882187) * r + 1.0);
    } else {
        r -= 5.0;
        num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                    + 0.0012426609473880784386) * r + 0.026532189526576123093) * r
                  + 0.29656057182850489123) * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r
               + 6.6579046435011037772);
        den = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                    + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                  + 0.0148753612908506148525) * r + 0.13692988092273580531) * r + 0.59983220655588793769) * r + 1.0);
    }
    return q < 0.0 ? -num / den : num / den;
}

static inline double normal_tail(double x) { return 0.5 * erfc(x * 0.7071067811865476); }

static inline double logistic(double x) { return 1.0 / (1.0 + exp(-x)); }

#endif
