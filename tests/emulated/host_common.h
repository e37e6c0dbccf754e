/* The part of host.h that is the same everywhere. */
void host_print_number(int32_t x) {
  char digits[12];
  int i = 11;
  uint32_t rest = x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
  digits[i] = 0;
  do {
    digits[--i] = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (x < 0) digits[--i] = '-';
  host_print(digits + i);
}
