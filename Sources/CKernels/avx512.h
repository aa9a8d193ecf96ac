// 32 lanes on AVX-512 F: two registers. The including file defines STATIC.
#include <immintrin.h>

typedef struct {
  __m512 part[2];
} block;

STATIC block block_zero(void) {
  return (block){{_mm512_setzero_ps(), _mm512_setzero_ps()}};
}

STATIC block block_load(const float *at) {
  return (block){{_mm512_loadu_ps(at), _mm512_loadu_ps(at + 16)}};
}

STATIC block block_load_part(const float *at, size_t count) {
  uint32_t mask = ((uint32_t)1 << count) - 1;
  return (block){{_mm512_maskz_loadu_ps((__mmask16)mask, at),
                  _mm512_maskz_loadu_ps((__mmask16)(mask >> 16),
                                        count > 16 ? at + 16 : at)}};
}

STATIC block block_multiply_add(block a, block b, block c) {
  return (block){{_mm512_fmadd_ps(a.part[0], b.part[0], c.part[0]),
                  _mm512_fmadd_ps(a.part[1], b.part[1], c.part[1])}};
}

STATIC block block_subtract(block a, block b) {
  return (block){{_mm512_sub_ps(a.part[0], b.part[0]),
                  _mm512_sub_ps(a.part[1], b.part[1])}};
}

STATIC float block_sum(block a) {
  __m512 sixteen = _mm512_add_ps(a.part[0], a.part[1]);
  __m512 upper = _mm512_shuffle_f32x4(sixteen, sixteen, 0xEE);
  __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(sixteen),
                               _mm512_castps512_ps256(upper));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight),
                           _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
