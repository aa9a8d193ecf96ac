#include <stdbool.h>
#include <string.h>

#include "tables.h"

// The tables of this build, widest first, each with whether the processor
// (and the system, which must save the wide registers) runs it.
static const hark_kernels *table_at(size_t index, bool *runs) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (index) {
    case 0:
      *runs = __builtin_cpu_supports("avx512vnni") &&
              __builtin_cpu_supports("avx512bw");
      return &hark_kernels_avx512vnni;
    case 1:
      *runs = __builtin_cpu_supports("avx512f");
      return &hark_kernels_avx512;
    case 2:
      *runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
      return &hark_kernels_avx2;
    case 3:
      *runs = true;
      return &hark_kernels_scalar;
  }
#elif defined(__aarch64__)
  *runs = true;
  switch (index) {
    case 0:
      return &hark_kernels_neon;
    case 1:
      return &hark_kernels_scalar;
  }
#else
  *runs = true;
  if (index == 0) return &hark_kernels_scalar;
#endif
  return 0;
}

const hark_kernels *hark_kernels_named(const char *name) {
  bool runs = false;
  const hark_kernels *table;
  for (size_t i = 0; (table = table_at(i, &runs)); i++)
    if (strcmp(table->name, name) == 0) return runs ? table : 0;
  return 0;
}

const hark_kernels *hark_kernels_best(void) {
  bool runs = false;
  const hark_kernels *table;
  for (size_t i = 0; (table = table_at(i, &runs)); i++)
    if (runs) return table;
  return &hark_kernels_scalar;
}
