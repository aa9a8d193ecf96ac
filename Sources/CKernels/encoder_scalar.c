// The encoder on what every processor has.
#include "tables.h"

#define TABLE hark_encoder_scalar
#define NAME "scalar"
#define TARGET
#define MULTIPLY 0
#define ROWS 2
#define LANES 1

#include "encoder_rows.h"
