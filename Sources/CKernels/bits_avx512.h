// A block of one-bit codes on AVX-512 BW. The including file defines STATIC.
#define SIFTS_WHOLE

// The sums of the entries of 32 rows: those of the first sixteen, and of the
// others. A byte holds the codes of two groups of four numbers; sixteen entries
// of at most 15 add up within a byte. Asks for the block at `ahead` meanwhile,
// which costs nothing beside the shuffles.
STATIC void bit_sums(const uint8_t *tables, const uint8_t *codes, size_t width,
                     const uint8_t *ahead, __m256i *first, __m256i *second) {
  const __m512i nibble = _mm512_set1_epi8(15), low = _mm512_set1_epi16(255);
  __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
  size_t parts = width / 16;  // a multiple of four
  for (size_t i = 0; i < parts;) {
    __m512i a = _mm512_setzero_si512(), b = _mm512_setzero_si512();
    size_t end = i + 8 < parts ? i + 8 : parts;
    for (; i < end; i += 4)
      for (size_t j = i; j < i + 4; j++) {
        __builtin_prefetch(ahead + 64 * j, 0, 3);
        __m512i pair = _mm512_loadu_si512(codes + 64 * j);
        __m512i lower = _mm512_and_si512(pair, nibble);
        __m512i upper = _mm512_and_si512(_mm512_srli_epi16(pair, 4), nibble);
        a = _mm512_add_epi8(
            a, _mm512_shuffle_epi8(_mm512_loadu_si512(tables + 128 * j), lower));
        b = _mm512_add_epi8(
            b, _mm512_shuffle_epi8(_mm512_loadu_si512(tables + 128 * j + 64), upper));
      }
    a = _mm512_add_epi8(a, b);
    even = _mm512_add_epi16(even, _mm512_and_si512(a, low));
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(a, 8));
  }
  for (size_t j = parts; j < parts + 4; j++)
    __builtin_prefetch(ahead + 64 * j, 0, 3);
  *first = _mm256_add_epi16(_mm512_castsi512_si256(even),
                            _mm512_extracti64x4_epi64(even, 1));
  *second = _mm256_add_epi16(_mm512_castsi512_si256(odd),
                             _mm512_extracti64x4_epi64(odd, 1));
}

// The bounds of sixteen rows.
STATIC __m512 bit_bounds(__m256i sums, const float *factors, __m512 step,
                         __m512 base, __m512 score) {
  __m512 product = _mm512_fmadd_ps(
      _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(sums)), step, base);
  return _mm512_fmadd_ps(_mm512_loadu_ps(factors), product,
                         _mm512_add_ps(score, _mm512_loadu_ps(factors + 32)));
}

STATIC size_t sift_block(const hark_bit_query *query, const uint8_t *block,
                         const uint8_t *ahead, const uint32_t *rows, float score,
                         float base, float floor, uint32_t *kept, float *bounds) {
  __m256i first, second;
  bit_sums(query->tables, block, query->width, ahead, &first, &second);
  const float *factors = (const float *)(block + query->width * 4);
  __m512 step = _mm512_set1_ps(query->step), add = _mm512_set1_ps(base);
  __m512 cell = _mm512_set1_ps(score), least = _mm512_set1_ps(floor);
  __m512 lower = bit_bounds(first, factors, step, add, cell);
  __m512 upper = bit_bounds(second, factors + 16, step, add, cell);
  __mmask16 low = _mm512_cmp_ps_mask(lower, least, _CMP_GT_OQ);
  __mmask16 high = _mm512_cmp_ps_mask(upper, least, _CMP_GT_OQ);
  if (!(low | high)) return 0;
  size_t count = (size_t)__builtin_popcount(low);
  _mm512_mask_compressstoreu_epi32(kept, low, _mm512_loadu_si512(rows));
  _mm512_mask_compressstoreu_ps(bounds, low, lower);
  _mm512_mask_compressstoreu_epi32(kept + count, high, _mm512_loadu_si512(rows + 16));
  _mm512_mask_compressstoreu_ps(bounds + count, high, upper);
  return count + (size_t)__builtin_popcount(high);
}
