// The encoder on NEON, which every such processor has.
#include "tables.h"

#if defined(__aarch64__)
#define TABLE hark_encoder_neon
#define TARGET
#define ROWS 4
#define LANES 1

#include "encoder_rows.h"
#endif
