#ifndef HARK_KERNELS_H
#define HARK_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Scores of a query against rows of float32.
//
// Every table computes every score in the same canonical order, so that the
// bits of a result do not depend on the processor:
//   - 32 lanes; lane i takes the elements i, i + 32, i + 64, …, each added by
//     one fused multiply-add, beginning from zero;
//   - a last block of fewer than 32 elements counts as filled up with zeros;
//   - the lanes are added as a tree: lane i and lane i + 16 for i < 16, then
//     i and i + 8, i + 4, i + 2, i + 1.
// Greater scores are nearer: Euclidean scores are minus the squared distance.
//
// No pointer needs an alignment. No table reads outside of the `dimension`
// elements of a query or row.
// A table is constant: threads may share it, which Swift is told here.
typedef struct __attribute__((swift_attr("@Sendable"))) hark_kernels {
  const char *name;

  // out[i] = the score of base[ids[i] * stride ..< ids[i] * stride + dimension]
  // for i < count.
  void (*gather_inner_product)(const float *query, const float *base,
                               size_t stride, size_t dimension,
                               const uint32_t *ids, size_t count, float *out);
  void (*gather_euclidean)(const float *query, const float *base,
                           size_t stride, size_t dimension,
                           const uint32_t *ids, size_t count, float *out);

  // The same for the rows 0 ..< count.
  void (*scan_inner_product)(const float *query, const float *base,
                             size_t stride, size_t dimension, size_t count,
                             float *out);
  void (*scan_euclidean)(const float *query, const float *base, size_t stride,
                         size_t dimension, size_t count, float *out);
} hark_kernels;

// The table of that name ("scalar", "avx2", "avx512", "neon"), or null where
// this build has none or this processor cannot run it.
const hark_kernels *_Nullable hark_kernels_named(const char *name);

// The widest table that this processor runs.
const hark_kernels *hark_kernels_best(void);

// Continues a CRC-32C (Castagnoli, RFC 3720 appendix B.4) over more bytes;
// begins with crc 0. The first uses the processor's instruction where there is
// one, the second tables alone.
uint32_t hark_crc32c(uint32_t crc, const void *_Nullable bytes, size_t count);
uint32_t hark_crc32c_table(uint32_t crc, const void *_Nullable bytes,
                           size_t count);

#pragma clang assume_nonnull end

#endif
