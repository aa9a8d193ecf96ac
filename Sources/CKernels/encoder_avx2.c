// The encoder on AVX2 and FMA.
#include "tables.h"

#if defined(__x86_64__)
#define TABLE hark_encoder_avx2
#define TARGET __attribute__((target("avx2,fma")))
#define ROWS 4
#define LANES 1

#include "encoder_rows.h"
#endif
