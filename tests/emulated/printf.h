/* printf with %d and %s, which is all that the main.c of an export needs. */
int printf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format != 0; ++format) {
    char one[2] = {*format, 0};
    if (*format != '%')
      host_print(one);
    else if (*++format == 'd')
      host_print_number(va_arg(arguments, int));
    else if (*format == 's')
      host_print(va_arg(arguments, const char*));
  }
  va_end(arguments);
  return 0;
}
