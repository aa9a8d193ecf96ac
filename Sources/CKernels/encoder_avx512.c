// The encoder on AVX-512.
#include "tables.h"

#if defined(__x86_64__)
#define TABLE hark_encoder_avx512
#define TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define ROWS 8
#define LANES 2

#include "encoder_rows.h"
#endif
