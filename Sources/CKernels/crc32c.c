// CRC-32C (Castagnoli): reflected polynomial 0x82F63B78, as RFC 3720 defines.
#include <stdbool.h>
#include <string.h>

#include "hark_kernels.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

// table[k][b]: the CRC of byte b followed by k zero bytes (slicing by eight).
static uint32_t table[8][256];

__attribute__((constructor)) static void fill_table(void) {
  for (uint32_t b = 0; b < 256; b++) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; bit++)
      crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
    table[0][b] = crc;
  }
  for (int k = 1; k < 8; k++)
    for (uint32_t b = 0; b < 256; b++)
      table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xFF];
}

uint32_t hark_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *at = bytes;
  crc = ~crc;
  for (; count >= 8; count -= 8, at += 8) {
    crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
    crc = table[7][crc & 0xFF] ^ table[6][crc >> 8 & 0xFF] ^
          table[5][crc >> 16 & 0xFF] ^ table[4][crc >> 24] ^ table[3][at[4]] ^
          table[2][at[5]] ^ table[1][at[6]] ^ table[0][at[7]];
  }
  for (; count > 0; count--, at++) crc = crc >> 8 ^ table[0][(crc ^ *at) & 0xFF];
  return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(
    uint32_t crc, const void *bytes, size_t count) {
  const uint8_t *at = bytes;
  uint64_t wide = (uint32_t)~crc;
  for (; count >= 8; count -= 8, at += 8) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = (uint32_t)wide;
  for (; count > 0; count--, at++) crc = _mm_crc32_u8(crc, *at);
  return ~crc;
}
#endif

uint32_t hark_crc32c(uint32_t crc, const void *bytes, size_t count) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("sse4.2")) return crc32c_sse42(crc, bytes, count);
#endif
  return hark_crc32c_table(crc, bytes, count);
}
