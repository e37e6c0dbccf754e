/* host.h by semihosting, on ARM's M profile and on RISC-V: an operation, a block of parameters, a trap that the emulator knows. */
#include "host.h"

#include <stdarg.h>
#include <stdio.h>

#include "host_common.h"
#include "printf.h"

enum { kOpen = 0x01, kWrite0 = 0x04, kRead = 0x06, kExitExtended = 0x20, kApplicationExit = 0x20026, kStackBytes = 32768 };

/* Naked: the parameters are in the registers where the trap wants them, and so is the answer. */
__attribute__((naked, noipa, aligned(16))) static int32_t call(int32_t operation, const void *parameter) {
  (void)operation;
  (void)parameter;
#ifdef __arm__
  __asm__ volatile("bkpt 0xab\n bx lr");
#else
  __asm__ volatile(".option push\n .option norvc\n slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n .option pop\n ret");
#endif
}

int32_t host_open(const char *path) {
  uintptr_t block[3] = {(uintptr_t)path, 1 /* "rb" */, 0};
  while (path[block[2]] != 0) ++block[2];
  return call(kOpen, block);
}

int32_t host_read(int32_t file, void *bytes, int32_t count) {
  const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)bytes, (uintptr_t)count};
  return count - call(kRead, block);
}

void host_print(const char *text) { call(kWrite0, text); }

void host_leave(int32_t status) {
  const uintptr_t block[2] = {kApplicationExit, (uintptr_t)status};
  call(kExitExtended, block);
  for (;;) {
  }
}

/* The stack is the end of the memory. */
extern uint8_t stack_top[];
static const uint8_t *painted;

__attribute__((noinline)) void stack_paint(void) {
  volatile uint8_t *here = (volatile uint8_t *)__builtin_frame_address(0) - 64, *p;
  for (p = stack_top - kStackBytes; p < here; ++p) *p = 0xa5;
  painted = (const uint8_t *)here;
}

int32_t stack_depth(void) {
  const volatile uint8_t *p = stack_top - kStackBytes;
  while (p < painted && *p == 0xa5) ++p;
  return (int32_t)(painted - p) + 64;
}
