static void galet_run_fill(uint8_t* dst, int32_t count, uint8_t code) { memset(dst, code, (size_t)count); }
