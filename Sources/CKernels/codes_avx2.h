// Products of codes on AVX2, 32 at a time as integers of 16 bits. The including
// file defines STATIC.
STATIC void code_products(const int8_t *query, const uint8_t *const *row,
                          size_t stride, int32_t *out) {
  __m256i sum[4];
  for (int r = 0; r < 4; r++) sum[r] = _mm256_setzero_si256();
  for (size_t i = 0; i < stride; i += 16) {
    __m256i q = _mm256_cvtepi8_epi16(
        _mm_loadu_si128((const __m128i *)(query + i)));
    for (int r = 0; r < 4; r++) {
      __m256i c = _mm256_cvtepu8_epi16(
          _mm_loadu_si128((const __m128i *)(row[r] + i)));
      sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(c, q));
    }
  }
  __m256i low = _mm256_hadd_epi32(sum[0], sum[1]);
  __m256i high = _mm256_hadd_epi32(sum[2], sum[3]);
  __m256i all = _mm256_hadd_epi32(low, high);
  _mm_storeu_si128((__m128i *)out,
                   _mm_add_epi32(_mm256_castsi256_si128(all),
                                 _mm256_extracti128_si256(all, 1)));
}
