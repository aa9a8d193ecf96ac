// The kernels of the tables that multiply codes by VNNI, 64 products an
// instruction; the canonical order on AVX-512 F. Such a table defines TABLE,
// NAME and ENCODER before it includes this file.
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vnni,avx2,fma,popcnt")))
#define ROWS 4
#define STATIC static inline __attribute__((always_inline)) TARGET

#include "avx512.h"

STATIC void code_products(const int8_t *query, const uint8_t *const *row,
                          size_t stride, int32_t *out) {
  __m512i sum[4];
  for (int r = 0; r < 4; r++) sum[r] = _mm512_setzero_si512();
  for (size_t i = 0; i < stride; i += 64) {
    __m512i q = _mm512_loadu_si512(query + i);
    for (int r = 0; r < 4; r++)
      sum[r] = _mm512_dpbusd_epi32(sum[r], _mm512_loadu_si512(row[r] + i), q);
  }
  // The four sums of 16 lanes each, side by side in one register of four.
  __m512i low = _mm512_add_epi32(_mm512_unpacklo_epi32(sum[0], sum[1]),
                                 _mm512_unpackhi_epi32(sum[0], sum[1]));
  __m512i high = _mm512_add_epi32(_mm512_unpacklo_epi32(sum[2], sum[3]),
                                  _mm512_unpackhi_epi32(sum[2], sum[3]));
  __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(low, high),
                                 _mm512_unpackhi_epi64(low, high));
  __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all),
                                  _mm512_extracti64x4_epi64(all, 1));
  _mm_storeu_si128((__m128i *)out,
                   _mm_add_epi32(_mm256_castsi256_si128(half),
                                 _mm256_extracti128_si256(half, 1)));
}

#include "bits_avx512.h"
#include "rows.h"
