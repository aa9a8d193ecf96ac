// The sizes of what the encoder works on, and the packing of its weights.
#include "hark_encoder.h"

#include <math.h>
#include <string.h>

size_t hark_attention_room(size_t length, size_t size) {
  // In bfloat16, which needs the most: keys and values, and 32 rows of queries,
  // of scores and of their powers; begun at a cache line.
  size_t keys = (length + 31) & ~(size_t)31;
  size_t numbers = (size + 31) & ~(size_t)31;
  return keys * (2 * numbers + 48) + 16 * numbers + 16;
}

size_t hark_row_bytes(hark_precision precision, size_t width) {
  size_t bytes = precision == HARK_BF16 ? 2 * width : width;
  return (bytes + 63) & ~(size_t)63;
}

size_t hark_row_factors(hark_precision precision, size_t width) {
  return precision == HARK_BF16
             ? 0
             : (width + HARK_INT8_BLOCK - 1) / HARK_INT8_BLOCK * 2;
}

size_t hark_panel_rows(size_t rows) {
  return (rows + HARK_INT8_PANEL - 1) / HARK_INT8_PANEL * HARK_INT8_PANEL;
}

static void pack_int8(const float *matrix, size_t rows, size_t columns,
                      int8_t *codes, float *factors) {
  size_t width = hark_row_bytes(HARK_INT8, columns);
  size_t padded = hark_panel_rows(rows);
  for (size_t r = 0; r < rows; r++) {
    const float *row = matrix + r * columns;
    int8_t *panel = codes + r / HARK_INT8_PANEL * HARK_INT8_PANEL * width +
                    4 * (r % HARK_INT8_PANEL);
    for (size_t block = 0; block * HARK_INT8_BLOCK < columns; block++) {
      size_t start = block * HARK_INT8_BLOCK;
      size_t end = start + HARK_INT8_BLOCK < columns ? start + HARK_INT8_BLOCK
                                                     : columns;
      float most = 0, ghost = 0;
      for (size_t i = start; i < end; i++) {
        float magnitude = fabsf(row[i]);
        most = magnitude > most ? magnitude : most;
        ghost += row[i] * 0;
      }
      float steps = most > 0x1p-100f && most < INFINITY ? 127 / most : 0;
      int32_t sum = 0;
      for (size_t i = start; i < end; i++) {
        float scaled = row[i] * steps;
        int8_t code = scaled == scaled ? (int8_t)lrintf(scaled) : 0;
        panel[i / 4 * 4 * HARK_INT8_PANEL + i % 4] = code;
        sum += code;
      }
      // Weights that are no numbers must not be lost.
      float scale = most / 127 + ghost;
      factors[2 * block * padded + r] = scale;
      factors[(2 * block + 1) * padded + r] = scale * (float)sum;
    }
  }
}

// The nearest bfloat16, and of two the even one.
static uint16_t bf16_of(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  // What is no number stays so when its lower half is cut off.
  if (number != number) return (uint16_t)(bits >> 16 | 64);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static void pack_bf16(const float *matrix, size_t rows, size_t columns,
                      uint16_t *numbers) {
  const size_t panel = HARK_BF16_PANEL, height = HARK_BF16_ROWS;
  const size_t depth = HARK_BF16_DEPTH;
  size_t width = hark_row_bytes(HARK_BF16, columns) / sizeof *numbers;
  for (size_t r = 0; r < rows; r++) {
    const float *row = matrix + r * columns;
    uint16_t *tiles = numbers + r / panel * panel * width +
                      r % panel / height * height * depth + r % height * 2;
    for (size_t i = 0; i < columns; i++)
      tiles[i / depth * panel * depth + i % depth / 2 * 2 * height + i % 2] =
          bf16_of(row[i]);
  }
}

void hark_pack(hark_precision precision, const float *matrix, size_t rows,
               size_t columns, void *numbers, float *factors) {
  if (precision == HARK_BF16)
    pack_bf16(matrix, rows, columns, numbers);
  else
    pack_int8(matrix, rows, columns, numbers, factors);
}
