// A block of one-bit codes on AVX-512 BW. The including file defines STATIC.
#define SIFTS_WHOLE

// The sums of the entries of 32 rows: those of the first sixteen, and of the
// others. A byte holds the codes of two groups of four numbers; sixteen entries
// of at most 15 add up within a byte.
STATIC void bit_sums(const uint8_t *tables, const uint8_t *codes, size_t width,
                     __m256i *first, __m256i *second) {
  const __m512i nibble = _mm512_set1_epi8(15), low = _mm512_set1_epi16(255);
  __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
  size_t parts = width / 16;
  for (size_t i = 0; i < parts;) {
    __m512i a = _mm512_setzero_si512(), b = _mm512_setzero_si512();
    size_t end = i + 8 < parts ? i + 8 : parts;
    for (; i < end; i++) {
      __m512i pair = _mm512_loadu_si512(codes + 64 * i);
      __m512i lower = _mm512_and_si512(pair, nibble);
      __m512i upper = _mm512_and_si512(_mm512_srli_epi16(pair, 4), nibble);
      a = _mm512_add_epi8(
          a, _mm512_shuffle_epi8(_mm512_loadu_si512(tables + 128 * i), lower));
      b = _mm512_add_epi8(
          b, _mm512_shuffle_epi8(_mm512_loadu_si512(tables + 128 * i + 64), upper));
    }
    a = _mm512_add_epi8(a, b);
    even = _mm512_add_epi16(even, _mm512_and_si512(a, low));
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(a, 8));
  }
  *first = _mm256_add_epi16(_mm512_castsi512_si256(even),
                            _mm512_extracti64x4_epi64(even, 1));
  *second = _mm256_add_epi16(_mm512_castsi512_si256(odd),
                             _mm512_extracti64x4_epi64(odd, 1));
}

// Of sixteen rows, keeps those whose bound is above the floor.
STATIC size_t sift_sixteen(__m256i sums, const float *factors,
                           const uint32_t *rows, __m512 step, __m512 base,
                           __m512 score, __m512 floor, uint32_t *kept,
                           float *bounds) {
  __m512 product = _mm512_fmadd_ps(
      _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(sums)), step, base);
  __m512 bound =
      _mm512_fmadd_ps(_mm512_loadu_ps(factors), product,
                      _mm512_add_ps(score, _mm512_loadu_ps(factors + 32)));
  __mmask16 above = _mm512_cmp_ps_mask(bound, floor, _CMP_GT_OQ);
  if (!above) return 0;
  _mm512_mask_compressstoreu_epi32(kept, above, _mm512_loadu_si512(rows));
  _mm512_mask_compressstoreu_ps(bounds, above, bound);
  return (size_t)__builtin_popcount(above);
}

STATIC size_t sift_block(const hark_bit_query *query, const uint8_t *block,
                         const uint32_t *rows, float score, float base,
                         float floor, uint32_t *kept, float *bounds) {
  __m256i first, second;
  bit_sums(query->tables, block, query->width, &first, &second);
  const float *factors = (const float *)(block + query->width * 4);
  __m512 step = _mm512_set1_ps(query->step), add = _mm512_set1_ps(base);
  __m512 cell = _mm512_set1_ps(score), least = _mm512_set1_ps(floor);
  size_t count = sift_sixteen(first, factors, rows, step, add, cell, least, kept,
                              bounds);
  return count + sift_sixteen(second, factors + 16, rows + 16, step, add, cell,
                              least, kept + count, bounds + count);
}
