// The canonical order on AVX2 and FMA: 32 lanes are four registers.
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TABLE hark_kernels_avx2
#define ENCODER hark_encoder_avx2
#define NAME "avx2"
#define TARGET __attribute__((target("avx2,fma")))
#define ROWS 2
#define STATIC static inline __attribute__((always_inline)) TARGET

typedef struct {
  __m256 part[4];
} block;

STATIC block block_zero(void) {
  __m256 zero = _mm256_setzero_ps();
  return (block){{zero, zero, zero, zero}};
}

STATIC block block_load(const float *at) {
  return (block){{_mm256_loadu_ps(at), _mm256_loadu_ps(at + 8),
                  _mm256_loadu_ps(at + 16), _mm256_loadu_ps(at + 24)}};
}

STATIC block block_load_part(const float *at, size_t count) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  block b;
  for (int i = 0; i < 4; i++) {
    // Elements that the mask leaves out are not read, wherever they would lie.
    __m256i left = _mm256_set1_epi32((int)count - 8 * i);
    size_t start = (size_t)(8 * i) < count ? (size_t)(8 * i) : 0;
    b.part[i] = _mm256_maskload_ps(at + start, _mm256_cmpgt_epi32(left, lane));
  }
  return b;
}

STATIC block block_multiply_add(block a, block b, block c) {
  for (int i = 0; i < 4; i++)
    c.part[i] = _mm256_fmadd_ps(a.part[i], b.part[i], c.part[i]);
  return c;
}

STATIC block block_subtract(block a, block b) {
  for (int i = 0; i < 4; i++) a.part[i] = _mm256_sub_ps(a.part[i], b.part[i]);
  return a;
}

STATIC float block_sum(block a) {
  __m256 low = _mm256_add_ps(a.part[0], a.part[2]);
  __m256 high = _mm256_add_ps(a.part[1], a.part[3]);
  __m256 eight = _mm256_add_ps(low, high);
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight),
                           _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#include "bits_avx2.h"
#include "codes_avx2.h"
#include "rows.h"
#endif
