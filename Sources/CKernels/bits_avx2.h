// The sums of a block of one-bit codes on AVX2. The including file defines
// STATIC.
STATIC void bit_sums(const uint8_t *tables, const uint8_t *codes, size_t width,
                     uint16_t *sums) {
  const __m256i nibble = _mm256_set1_epi8(15), low = _mm256_set1_epi16(255);
  __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
  size_t parts = width / 16;
  for (size_t i = 0; i < parts;) {
    __m256i sum = _mm256_setzero_si256();
    // Sixteen entries of at most 15 add up within a byte.
    size_t end = i + 4 < parts ? i + 4 : parts;
    for (; i < end; i++)
      for (int half = 0; half < 2; half++) {
        const uint8_t *table = tables + 128 * i + 32 * half;
        __m256i pair =
            _mm256_loadu_si256((const __m256i *)(codes + 64 * i + 32 * half));
        __m256i lower = _mm256_and_si256(pair, nibble);
        __m256i upper = _mm256_and_si256(_mm256_srli_epi16(pair, 4), nibble);
        sum = _mm256_add_epi8(
            sum, _mm256_shuffle_epi8(
                     _mm256_loadu_si256((const __m256i *)table), lower));
        sum = _mm256_add_epi8(
            sum, _mm256_shuffle_epi8(
                     _mm256_loadu_si256((const __m256i *)(table + 64)), upper));
      }
    even = _mm256_add_epi16(even, _mm256_and_si256(sum, low));
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(sum, 8));
  }
  _mm256_storeu_si256((__m256i *)sums, even);
  _mm256_storeu_si256((__m256i *)(sums + 16), odd);
}
