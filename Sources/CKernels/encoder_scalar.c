// The encoder on what every processor has.
#include "tables.h"

#define TABLE hark_encoder_scalar
#define TARGET
#define ROWS 2
#define LANES 1

#include "encoder_rows.h"
