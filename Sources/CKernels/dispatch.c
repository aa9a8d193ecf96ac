#include <stdbool.h>
#include <string.h>

#include "tables.h"

#if defined(__x86_64__)
#include <cpuid.h>

// Tiles (bit 24) and their products of bfloat16 (bit 22), which the compiler
// does not ask for.
static bool has_amx(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d >> 22 & 1) &&
         (d >> 24 & 1);
}
#endif

// The tables of this build, widest first, each with whether the processor
// (and the system, which must save the wide registers) runs it.
static const hark_kernels *table_at(size_t index, bool *runs) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool wide = __builtin_cpu_supports("avx512f") &&
              __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512vl");
  bool vnni = wide && __builtin_cpu_supports("avx512vnni");
  switch (index) {
    case 0:
      *runs = vnni && __builtin_cpu_supports("avx512bf16") && has_amx() &&
              hark_amx_permitted();
      return &hark_kernels_amx;
    case 1:
      *runs = vnni;
      return &hark_kernels_avx512vnni;
    case 2:
      *runs = wide;
      return &hark_kernels_avx512;
    case 3:
      *runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
      return &hark_kernels_avx2;
    case 4:
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
