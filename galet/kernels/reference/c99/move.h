/* Codes moved without arithmetic: transposition, slices, padding, repetition, channel shuffle are nests of loops with steps. */
typedef struct {
  int32_t count[6], src_step[6], dst_step[6]; /* outermost first; unused loops count 1 */
  int32_t src_first, dst_first;
  const uint8_t* table; /* 256 codes between two quantizations, or null */
} galet_move;

static void galet_run_move(const galet_move* move, const uint8_t* src, uint8_t* dst) {
  int32_t i[5], k;
  for (i[0] = 0; i[0] < move->count[0]; ++i[0])
    for (i[1] = 0; i[1] < move->count[1]; ++i[1])
      for (i[2] = 0; i[2] < move->count[2]; ++i[2])
        for (i[3] = 0; i[3] < move->count[3]; ++i[3])
          for (i[4] = 0; i[4] < move->count[4]; ++i[4]) {
            const uint8_t* s = src + move->src_first;
            uint8_t* d = dst + move->dst_first;
            for (k = 0; k < 5; ++k) s += i[k] * move->src_step[k], d += i[k] * move->dst_step[k];
            for (k = 0; k < move->count[5]; ++k, s += move->src_step[5], d += move->dst_step[5])
              *d = move->table == 0 ? *s : move->table[*s];
          }
}
