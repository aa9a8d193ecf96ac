// The encoder on AMX: products of bfloat16 by tiles of 16 rows of 64 bytes.
// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1,
// chapter 18.
#include "tables.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TABLE hark_encoder_amx
#define TARGET                                                          \
  __attribute__((target(                                                \
      "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,amx-tile,amx-bf16," \
      "avx2,fma")))
#define MULTIPLY_INT8 hark_multiply_int8_avx512vnni
#define BF16 {round_bf16, multiply_bf16}
#define ATTEND_BF16 attend_bf16
#define ROWS 8
#define LANES 2

TARGET static void round_bf16(const float *values, size_t rows, size_t width,
                              void *numbers, float *factors);
TARGET static void multiply_bf16(const void *numbers, const float *factors,
                                 size_t rows, hark_weight weight, int gelu,
                                 float *out, size_t stride);
TARGET static void attend_bf16(const float *input, size_t length, size_t width,
                               size_t size, float factor, float *context,
                               float *scratch);

#include "encoder_rows.h"

#define TILE_ROWS HARK_BF16_ROWS
#define TILE_DEPTH HARK_BF16_DEPTH
#define TILE (TILE_ROWS * TILE_DEPTH)

bool hark_amx_permitted(void) {
  // ARCH_REQ_XCOMP_PERM for the data of tiles: a process has to ask once.
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

TARGET static void configure_tiles(void) {
  struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } configuration = {.palette = 1};
  _Static_assert(sizeof configuration == 64, "as the processor reads it");
  for (int i = 0; i < 8; i++) {
    configuration.bytes[i] = 64;
    configuration.rows[i] = TILE_ROWS;
  }
  _tile_loadconfig(&configuration);
}

INLINE __m256i rounded(v16 v) {
  return (__m256i)_mm512_cvtneps_pbh((__m512)v);
}

INLINE v16 load_some(const float *at, size_t column, size_t size) {
  if (column + 16 <= size) return load(at + column);
  return column < size ? load_part(at + column, size - column, 0) : splat(0);
}

INLINE __m512i load_rounded(const float *at, size_t column, size_t size) {
  return (__m512i)_mm512_cvtne2ps_pbh(
      (__m512)load_some(at, column + 16, size),
      (__m512)load_some(at, column, size));
}

// Rows lie in tiles, those of 16 rows one after another.
TARGET static void round_bf16(const float *values, size_t rows, size_t width,
                              void *numbers, float *factors) {
  size_t padded = hark_row_bytes(HARK_BF16, width) / 2;
  for (size_t r = 0; r < rows; r++) {
    const float *row = values + r * width;
    uint16_t *tiles = (uint16_t *)numbers + r / TILE_ROWS * TILE_ROWS * padded +
                      r % TILE_ROWS * TILE_DEPTH;
    for (size_t i = 0; i < padded; i += TILE_DEPTH)
      _mm512_storeu_si512(tiles + i * TILE_ROWS, load_rounded(row, i, width));
  }
}

// The sums of 32 rows with a panel, and where they go.
typedef struct block {
  float sums[2 * TILE_ROWS][HARK_BF16_PANEL] __attribute__((aligned(64)));
  float *out;
  size_t stride;
  size_t rows;
  size_t columns;
  const float *bias;
} block;

// Finishes a row of a block that has all columns of a panel.
INLINE void finish_whole(const block *b, size_t r, bool gelu) {
  float *to = b->out + r * b->stride;
  v16 x = load(b->sums[r]) + load(b->bias);
  v16 y = load(b->sums[r] + 16) + load(b->bias + 16);
  store(to, gelu ? gelu_of(x) : x);
  store(to + 16, gelu ? gelu_of(y) : y);
}

// Finishes the rows of a block from one on.
INLINE void finish(const block *b, size_t first, bool gelu) {
  for (size_t r = first; r < b->rows; r++) {
    if (b->columns == HARK_BF16_PANEL) {
      finish_whole(b, r, gelu);
      continue;
    }
    for (size_t c = 0; c < b->columns; c += 16) {
      v16 x = load(b->sums[r] + c) + load(b->bias + c);
      if (gelu) x = gelu_of(x);
      float *to = b->out + r * b->stride + c;
      if (c + 16 <= b->columns)
        store(to, x);
      else
        store_part(to, b->columns - c, x);
    }
  }
}

// The rows of a block that are finished while a step's products run.
#define ROWS_A_STEP 3

// The products of 16 * `tiles` rows with a panel. Meanwhile the block before is
// finished, since tiles and vectors are computed side by side, and the second
// cache is asked for some lines from `ahead` on at each step.
INLINE void multiply_tiles(const uint16_t *rows, size_t width,
                           const uint16_t *panel, block *to,
                           const block *before, bool gelu, const char *ahead,
                           size_t lines, const int tiles) {
  _tile_zero(0);
  _tile_zero(1);
  if (tiles > 1) {
    _tile_zero(2);
    _tile_zero(3);
  }
  size_t finished = 0;
  for (size_t i = 0; i < width; i += TILE_DEPTH) {
    for (size_t line = 0; line < lines; line++, ahead += 64)
      _mm_prefetch(ahead, _MM_HINT_T1);
    _tile_loadd(4, rows + i * TILE_ROWS, 64);
    _tile_loadd(6, panel + i * HARK_BF16_PANEL, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panel + i * HARK_BF16_PANEL + TILE, 64);
    _tile_dpbf16ps(1, 4, 7);
    if (tiles > 1) {
      _tile_loadd(5, rows + width * TILE_ROWS + i * TILE_ROWS, 64);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    if (finished + ROWS_A_STEP <= before->rows &&
        before->columns == HARK_BF16_PANEL) {
#pragma clang loop unroll(full)
      for (size_t r = 0; r < ROWS_A_STEP; r++)
        finish_whole(before, finished + r, gelu);
      finished += ROWS_A_STEP;
    }
  }
  finish(before, finished, gelu);
  _tile_stored(0, to->sums[0], sizeof to->sums[0]);
  _tile_stored(1, to->sums[0] + 16, sizeof to->sums[0]);
  if (tiles > 1) {
    _tile_stored(2, to->sums[TILE_ROWS], sizeof to->sums[0]);
    _tile_stored(3, to->sums[TILE_ROWS] + 16, sizeof to->sums[0]);
  }
}

INLINE void multiply(const uint16_t *numbers, size_t rows, hark_weight weight,
                     bool gelu, float *out, size_t stride) {
  size_t width = hark_row_bytes(HARK_BF16, weight.columns) / 2;
  block blocks[2];
  blocks[1].rows = 0;
  size_t count = 0;
  // Each step of a panel's blocks asks for its part of the next panel, which
  // has as many lines as numbers in a row; with few blocks that is too much.
  size_t steps = (rows + 2 * TILE_ROWS - 1) / (2 * TILE_ROWS);
  size_t lines = steps < 4 ? 0 : (TILE_DEPTH + steps - 1) / steps;
  for (size_t first = 0; first < weight.rows; first += HARK_BF16_PANEL) {
    const uint16_t *panel = (const uint16_t *)weight.numbers + first * width;
    size_t columns = weight.rows - first < HARK_BF16_PANEL ? weight.rows - first
                                                           : HARK_BF16_PANEL;
    const char *ahead = (const char *)(panel + HARK_BF16_PANEL * width);
    for (size_t r = 0; r < rows; r += 2 * TILE_ROWS) {
      block *to = &blocks[count & 1], *before = &blocks[~count & 1];
      count++;
      to->out = out + r * stride + first;
      to->stride = stride;
      to->rows = rows - r < 2 * TILE_ROWS ? rows - r : 2 * TILE_ROWS;
      to->columns = columns;
      to->bias = weight.bias + first;
      if (to->rows > TILE_ROWS)
        multiply_tiles(numbers + r * width, width, panel, to, before, gelu,
                       ahead, lines, 2);
      else
        multiply_tiles(numbers + r * width, width, panel, to, before, gelu,
                       ahead, lines, 1);
      ahead += lines * width / TILE_DEPTH * 64;
    }
  }
  finish(&blocks[~count & 1], 0, gelu);
}

TARGET static void multiply_bf16(const void *numbers, const float *factors,
                                 size_t rows, hark_weight weight, int gelu,
                                 float *out, size_t stride) {
  configure_tiles();
  if (gelu)
    multiply(numbers, rows, weight, true, out, stride);
  else
    multiply(numbers, rows, weight, false, out, stride);
  _tile_release();
}

// Pairs of numbers of two rows side by side, as a tile of products reads them.
INLINE __m512i paired(v16 first, v16 second) {
  return _mm512_or_si512(
      _mm512_cvtepu16_epi32(rounded(first)),
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(rounded(second)), 16));
}

// Columns become rows: 16 times 16 elements of 32 bits.
INLINE void transpose(__m512i rows[16]) {
  __m512i pairs[16], fours[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4)
    for (int j = 0; j < 2; j++) {
      fours[i + 2 * j] = _mm512_unpacklo_epi64(pairs[i + j], pairs[i + j + 2]);
      fours[i + 2 * j + 1] =
          _mm512_unpackhi_epi64(pairs[i + j], pairs[i + j + 2]);
    }
  // fours[4 * b + c] holds column c, c + 4, c + 8 and c + 12 of the rows 4 * b
  // and the three after it.
  for (int c = 0; c < 4; c++) {
    __m512i low = _mm512_shuffle_i32x4(fours[c], fours[4 + c], 0x88);
    __m512i low_odd = _mm512_shuffle_i32x4(fours[c], fours[4 + c], 0xDD);
    __m512i high = _mm512_shuffle_i32x4(fours[8 + c], fours[12 + c], 0x88);
    __m512i high_odd = _mm512_shuffle_i32x4(fours[8 + c], fours[12 + c], 0xDD);
    rows[c] = _mm512_shuffle_i32x4(low, high, 0x88);
    rows[c + 8] = _mm512_shuffle_i32x4(low, high, 0xDD);
    rows[c + 4] = _mm512_shuffle_i32x4(low_odd, high_odd, 0x88);
    rows[c + 12] = _mm512_shuffle_i32x4(low_odd, high_odd, 0xDD);
  }
}

// What attention keeps of a head, in tiles of 512 numbers. A head's numbers are
// cut into parts of 32, the last filled up with zeros.
typedef struct head {
  // For each 16 keys, for each part: pairs of numbers, each of all 16 keys.
  uint16_t *keys;
  // For each 32 keys, for each 16 columns: pairs of keys, each of all columns.
  uint16_t *values;
  // For each part: 32 rows.
  uint16_t *queries;
  // 32 rows of scores, of all keys each.
  float *scores;
  // The same, as powers.
  uint16_t *powers;
  // Keys, filled up to a multiple of 32.
  size_t padded;
  // Parts of a head.
  size_t parts;
} head;

INLINE void take_keys(head h, const float *keys, size_t stride, size_t length,
                      size_t size) {
  for (size_t key = 0; key < h.padded; key += 16)
    for (size_t part = 0; part < h.parts; part++) {
      __m512i rows[16];
#pragma clang loop unroll(full)
      for (size_t i = 0; i < 16; i++)
        rows[i] = key + i < length
                      ? load_rounded(keys + (key + i) * stride,
                                     part * TILE_DEPTH, size)
                      : _mm512_setzero_si512();
      transpose(rows);
      uint16_t *tile = h.keys + (key / 16 * h.parts + part) * TILE;
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; i++) _mm512_store_si512(tile + 32 * i, rows[i]);
    }
}

INLINE void take_values(head h, const float *values, size_t stride,
                        size_t length, size_t size) {
  size_t tiles = 2 * h.parts;
  for (size_t key = 0; key < h.padded; key += 2)
    for (size_t c = 0; c < tiles; c++) {
      const float *row = values + key * stride;
      v16 first = key < length ? load_some(row, 16 * c, size) : splat(0);
      v16 second =
          key + 1 < length ? load_some(row + stride, 16 * c, size) : splat(0);
      uint16_t *tile = h.values + (key / 32 * tiles + c) * TILE;
      _mm512_store_si512(tile + key % 32 * 16, paired(first, second));
    }
}

// The same as powers, rounded into a row that is filled up with zeros.
INLINE float rounded_powers(float *row, size_t width, size_t padded,
                            float factor, uint16_t *to) {
  float most = greatest(row, width);
  v16 sums = {};
  for (size_t i = 0; i < padded; i += 16) {
    v16 power = splat(0);
    if (i < width) power = power_of_two((load(row + i) - most) * factor);
    sums += power;
    _mm256_store_si256((__m256i *)(to + i), rounded(power));
  }
  return 1 / sum_of(sums);
}

// Scores of 16 * `tiles` rows, from their powers on to what they gather.
INLINE void attend_tiles(head h, const float *queries, size_t stride,
                         size_t count, size_t length, size_t size, float factor,
                         float *context, size_t width, const int tiles) {
  for (size_t part = 0; part < h.parts; part++)
    for (size_t i = 0; i < (size_t)tiles * TILE_ROWS; i++)
      _mm512_store_si512(
          h.queries + part * 2 * TILE + i * TILE_DEPTH,
          i < count ? load_rounded(queries + i * stride, part * TILE_DEPTH, size)
                    : _mm512_setzero_si512());
  size_t score_stride = h.padded * sizeof *h.scores;
  for (size_t key = 0; key < h.padded; key += 32) {
    _tile_zero(0);
    _tile_zero(1);
    if (tiles > 1) {
      _tile_zero(2);
      _tile_zero(3);
    }
    for (size_t part = 0; part < h.parts; part++) {
      const uint16_t *tile = h.keys + (key / 16 * h.parts + part) * TILE;
      _tile_loadd(4, h.queries + part * 2 * TILE, 64);
      _tile_loadd(6, tile, 64);
      _tile_loadd(7, tile + h.parts * TILE, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      if (tiles > 1) {
        _tile_loadd(5, h.queries + part * 2 * TILE + TILE, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
    }
    _tile_stored(0, h.scores + key, score_stride);
    _tile_stored(1, h.scores + key + 16, score_stride);
    if (tiles > 1) {
      _tile_stored(2, h.scores + TILE_ROWS * h.padded + key, score_stride);
      _tile_stored(3, h.scores + TILE_ROWS * h.padded + key + 16, score_stride);
    }
  }
  float inverse[2 * TILE_ROWS];
  for (size_t i = 0; i < count; i++)
    inverse[i] = rounded_powers(h.scores + i * h.padded, length, h.padded,
                                factor, h.powers + i * h.padded);
  size_t power_stride = h.padded * sizeof *h.powers;
  for (size_t part = 0; part < h.parts; part++) {
    _tile_zero(0);
    _tile_zero(1);
    if (tiles > 1) {
      _tile_zero(2);
      _tile_zero(3);
    }
    for (size_t key = 0; key < h.padded; key += 32) {
      const uint16_t *tile =
          h.values + (key / 32 * 2 * h.parts + 2 * part) * TILE;
      _tile_loadd(4, h.powers + key, power_stride);
      _tile_loadd(6, tile, 64);
      _tile_loadd(7, tile + TILE, 64);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      if (tiles > 1) {
        _tile_loadd(5, h.powers + TILE_ROWS * h.padded + key, power_stride);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
      }
    }
    float sums[2 * TILE_ROWS][32] __attribute__((aligned(64)));
    _tile_stored(0, sums[0], sizeof sums[0]);
    _tile_stored(1, sums[0] + 16, sizeof sums[0]);
    if (tiles > 1) {
      _tile_stored(2, sums[TILE_ROWS], sizeof sums[0]);
      _tile_stored(3, sums[TILE_ROWS] + 16, sizeof sums[0]);
    }
    for (size_t i = 0; i < count; i++)
      for (size_t c = 0; c < 32; c += 16) {
        size_t column = part * TILE_DEPTH + c;
        v16 gathered = load(sums[i] + c) * inverse[i];
        if (column + 16 <= size)
          store(context + i * width + column, gathered);
        else if (column < size)
          store_part(context + i * width + column, size - column, gathered);
      }
  }
}

TARGET static void attend_bf16(const float *input, size_t length, size_t width,
                               size_t size, float factor, float *context,
                               float *scratch) {
  size_t stride = 3 * width;
  head h = {.padded = (length + 31) & ~(size_t)31,
            .parts = (size + TILE_DEPTH - 1) / TILE_DEPTH};
  // Two bytes a number: sizes in halves.
  size_t numbers = h.parts * TILE_DEPTH;
  h.keys = (uint16_t *)(((uintptr_t)scratch + 63) & ~(uintptr_t)63);
  h.values = h.keys + h.padded * numbers;
  h.queries = h.values + h.padded * numbers;
  h.powers = h.queries + 2 * TILE_ROWS * numbers;
  h.scores = (float *)(h.powers + 2 * TILE_ROWS * h.padded);
  // To the base of two.
  factor *= 1.44269504f;
  configure_tiles();
  for (size_t start = 0; start + size <= width; start += size) {
    const float *queries = input + start;
    take_keys(h, queries + width, stride, length, size);
    take_values(h, queries + 2 * width, stride, length, size);
    for (size_t r = 0; r < length; r += 2 * TILE_ROWS) {
      size_t count = length - r < 2 * TILE_ROWS ? length - r : 2 * TILE_ROWS;
      const float *rows = queries + r * stride;
      float *to = context + r * width + start;
      if (count > TILE_ROWS)
        attend_tiles(h, rows, stride, count, length, size, factor, to, width, 2);
      else
        attend_tiles(h, rows, stride, count, length, size, factor, to, width, 1);
    }
  }
  _tile_release();
}
#endif
