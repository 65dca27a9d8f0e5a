/* Eight doubles side by side, by the vector extensions of gcc; intrinsics where gcc 12 has no good code for a loop. */
#include <stdint.h>
#include <string.h>
#ifdef __AVX512DQ__
#include <immintrin.h>
#endif

#define LANES 8
#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))
typedef double R __attribute__((vector_size(64)));   /* reals */
typedef long long V __attribute__((vector_size(64))); /* truths (0 or -1), and bit patterns */
typedef unsigned long long U __attribute__((vector_size(64)));
typedef uint32_t W __attribute__((vector_size(32)));  /* words of the random generator */

#define TRUE ((V){-1, -1, -1, -1, -1, -1, -1, -1})
#define FALSE ((V){0})
INLINE R splat(double x) { return (R){x, x, x, x, x, x, x, x}; }
INLINE V whole(unsigned long long x) { return (V)(U){x, x, x, x, x, x, x, x}; }
INLINE R constant(long long bits) { return (R)whole((unsigned long long)bits); }
INLINE W word(uint32_t x) { return (W){x, x, x, x, x, x, x, x}; }
INLINE V widen_(W a) { return (V)__builtin_convertvector(a, U); }
INLINE R select_(V m, R a, R b) { return (R)((m & (V)a) | (~m & (V)b)); }
INLINE R abs_(R a) { return (R)((V)a & whole(0x7fffffffffffffffULL)); }
INLINE R load(const double *p) { return *(const R *)p; }
INLINE void store(double *p, R a) { *(R *)p = a; }

#ifdef __AVX512DQ__
INLINE R fma_(R a, R b, R c) { return (R)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c); }
INLINE R sqrt_(R a) { return (R)_mm512_sqrt_pd((__m512d)a); }
INLINE R floor_(R a) { return (R)_mm512_roundscale_pd((__m512d)a, 9); }
INLINE R ceil_(R a) { return (R)_mm512_roundscale_pd((__m512d)a, 10); }
INLINE R round_even_(R a) { return (R)_mm512_roundscale_pd((__m512d)a, 8); }
INLINE uint8_t mask_of(V m) { return _mm512_movepi64_mask((__m512i)m); }
#else
INLINE R fma_(R a, R b, R c) { R r; for (int i = 0; i < LANES; i++) r[i] = __builtin_fma(a[i], b[i], c[i]); return r; }
INLINE R sqrt_(R a) { R r; for (int i = 0; i < LANES; i++) r[i] = __builtin_sqrt(a[i]); return r; }
INLINE R floor_(R a) { R r; for (int i = 0; i < LANES; i++) r[i] = __builtin_floor(a[i]); return r; }
INLINE R ceil_(R a) { R r; for (int i = 0; i < LANES; i++) r[i] = __builtin_ceil(a[i]); return r; }
INLINE R round_even_(R a) { R r; for (int i = 0; i < LANES; i++) r[i] = __builtin_rint(a[i]); return r; }
INLINE uint8_t mask_of(V m) { int b = 0; for (int i = 0; i < LANES; i++) b |= (m[i] != 0) << i; return b; }
#endif
#define INTERLEAVED(a, b, k) __builtin_shuffle(a, b, (V){k, k + 8, k + 1, k + 9, k + 2, k + 10, k + 3, k + 11})
INLINE void rows_(const R *table, V index, R *columns) { /* eight rows of a table, transposed */
  R rows[LANES];
  for (int i = 0; i < LANES; i++) rows[i] = table[index[i]];
  for (int turn = 0; turn < 3; turn++) {
    for (int i = 0; i < 4; i++) columns[2 * i] = INTERLEAVED(rows[i], rows[i + 4], 0),
                                columns[2 * i + 1] = INTERLEAVED(rows[i], rows[i + 4], 4);
    for (int i = 0; i < LANES; i++) rows[i] = columns[i];
  }
}
INLINE int any(V m) { return mask_of(m) != 0; }
INLINE W trajectories(long long first) { return word((uint32_t)first) + (W){0, 1, 2, 3, 4, 5, 6, 7}; }
