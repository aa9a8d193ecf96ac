// The encoder on NEON, which every such processor has.
#include "tables.h"

#if defined(__aarch64__)
#define TABLE hark_encoder_neon
#define NAME "neon"
#define TARGET
#define MULTIPLY 0
#define ROWS 4
#define LANES 1

#include "encoder_rows.h"
#endif
