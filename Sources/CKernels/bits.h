// Codes of one bit a number (RaBitQ; Gao & Long, SIGMOD 2024), scanned in blocks
// of 32 rows with look-up tables in registers (FastScan; André, Kermarrec & Le
// Scouarnec, VLDB 2015). Included by rows.h; before it a table defines either
//   bit_sums      the sums of 32 rows' entries in the tables, or
//   SIFTS_WHOLE   and sift_block, all that is done with a block.

// Sixteen numbers, which each processor cuts to its width.
typedef float bit_lanes __attribute__((vector_size(64), aligned(4)));
typedef int32_t bit_integers __attribute__((vector_size(64)));
typedef uint8_t bit_entries __attribute__((vector_size(16)));

// Replaces `length` numbers, a power of two and at least 64, by their
// Walsh-Hadamard transform, not scaled.
INLINE void hadamard(float *numbers, size_t length) {
  const bit_lanes one = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1};
  const bit_lanes two = {1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1};
  const bit_lanes four = {1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1};
  const bit_lanes eight = {1,  1,  1,  1,  1,  1,  1,  1,
                           -1, -1, -1, -1, -1, -1, -1, -1};
  for (size_t i = 0; i < length; i += 16) {
    bit_lanes *at = (bit_lanes *)(numbers + i);
    bit_lanes x = *at;
    // x times one of these is exact, so it makes no difference whether the
    // compiler fuses the addition.
    x = x * one + __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11,
                                          10, 13, 12, 15, 14);
    x = x * two + __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8,
                                          9, 14, 15, 12, 13);
    x = x * four + __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13,
                                           14, 15, 8, 9, 10, 11);
    x = x * eight + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0,
                                            1, 2, 3, 4, 5, 6, 7);
    *at = x;
  }
  for (size_t half = 16; half < length; half *= 2)
    for (size_t start = 0; start < length; start += 2 * half)
      for (size_t i = start; i < start + half; i += 16) {
        bit_lanes *low = (bit_lanes *)(numbers + i);
        bit_lanes *high = (bit_lanes *)(numbers + i + half);
        bit_lanes sum = *low + *high, difference = *low - *high;
        *low = sum;
        *high = difference;
      }
}

TARGET static void rotate_bits(const float *signs, size_t width, float *numbers) {
  size_t window = 64;
  while (2 * window <= width) window *= 2;
  for (int round = 0; round < HARK_BIT_ROUNDS; round++) {
    for (size_t i = 0; i < width; i++) numbers[i] *= signs[round * width + i];
    hadamard(round % 2 ? numbers + width - window : numbers, window);
  }
}

TARGET static void make_bit_tables(const float *query, size_t width,
                                   uint8_t *tables, float *step, float *base) {
  float most = 0, all = 0;
  for (size_t i = 0; i < width; i += 4) {
    float reach = fabsf(query[i]) + fabsf(query[i + 1]) + fabsf(query[i + 2]) +
                  fabsf(query[i + 3]);
    most = reach > most ? reach : most;
    all += reach;
  }
  *base = -all;
  *step = 2 * most / HARK_BIT_ENTRY;
  float scale = *step > 0x1p-100f ? 1 / *step : 0;
  for (size_t i = 0; i < width; i += 4) {
    const float *four = query + i;
    float reach = fabsf(four[0]) + fabsf(four[1]) + fabsf(four[2]) + fabsf(four[3]);
    bit_lanes a = {-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1};
    bit_lanes b = {-1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1};
    bit_lanes c = {-1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1};
    bit_lanes d = {-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, 1};
    // Each product is exact; half is added so that cutting off rounds.
    bit_lanes sums = ((((reach + a * four[0]) + b * four[1]) + c * four[2]) +
                      d * four[3]);
    bit_lanes steps = sums * scale;
    steps += 0.5f;
    // Of sixteen numbers, the first and the third four are looked up by low
    // halves of bytes; each table stands there twice, for two lanes of 128 bits.
    uint8_t *table = tables + i / 16 * 128 + i / 4 % 2 * 64 + i / 8 % 2 * 32;
    bit_entries entries = __builtin_convertvector(
        __builtin_convertvector(steps, bit_integers), bit_entries);
    memcpy(table, &entries, sizeof entries);
    memcpy(table + 16, &entries, sizeof entries);
  }
}

#ifndef SIFTS_WHOLE
// Scores the rows of a block, and hands on those whose bound is above the floor.
INLINE size_t sift_block(const hark_bit_query *query, const uint8_t *block,
                         const uint8_t *ahead, const uint32_t *rows, float score,
                         float base, float floor, uint32_t *kept, float *bounds) {
  for (size_t at = 0; at < HARK_BIT_BLOCK(query->width); at += 64)
    __builtin_prefetch(ahead + at, 0, 3);
  uint16_t sums[32];
  bit_sums(query->tables, block, query->width, sums);
  const uint8_t *at = block + query->width * 4;
  float factors[32], offsets[32], bound[32];
  memcpy(factors, at, sizeof factors);
  memcpy(offsets, at + sizeof factors, sizeof offsets);
  bool any = false;
  for (int i = 0; i < 32; i++) {
    bound[i] = fmaf(factors[i], fmaf((float)sums[i], query->step, base),
                    score + offsets[i]);
    any |= bound[i] > floor;
  }
  if (!any) return 0;
  size_t count = 0;
  for (int i = 0; i < 32; i++)
    if (bound[i] > floor) {
      kept[count] = rows[i];
      bounds[count++] = bound[i];
    }
  return count;
}
#endif

// How many blocks ahead are asked for.
#define BLOCKS_AHEAD 2

TARGET static size_t sift_bits(const hark_bit_query *query, const uint8_t *blocks,
                               size_t count, const uint8_t *next,
                               const uint32_t *rows, float score, float slack,
                               float floor, uint32_t *kept, float *bounds) {
  size_t size = HARK_BIT_BLOCK(query->width), found = 0;
  float base = query->base + slack;
  for (size_t i = 0; i < count; i++) {
    size_t ahead = i + BLOCKS_AHEAD;
    const uint8_t *block = blocks + i * size;
    // What is asked for lies in the caches already where nothing follows.
    const uint8_t *fetched = ahead < count ? blocks + ahead * size
                             : next        ? next + (ahead - count) * size
                                           : block;
    found += sift_block(query, block, fetched, rows + 32 * i, score, base, floor,
                        kept + found, bounds + found);
  }
  return found;
}
