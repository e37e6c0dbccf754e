/* What a program on a bare machine asks of the emulator around it (semihosting); with an operating system, stdio's. */
#ifndef HOST_H
#define HOST_H
#include <stdint.h>

int32_t host_open(const char* path); /* for reading; -1 where it fails */
/* Bytes read. */
int32_t host_read(int32_t file, void* bytes, int32_t count);
void host_print(const char* text);
void host_print_number(int32_t x);
void host_leave(int32_t status);

/* How deep the stack goes: stack_paint() fills what lies below the caller, stack_depth() says how many bytes below it were written since.
 */
void stack_paint(void);
int32_t stack_depth(void);

#endif
