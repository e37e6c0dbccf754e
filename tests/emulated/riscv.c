/* Reset of a bare 32-bit RISC-V core: stack, trap handler, zeros, main. */
#include "host.h"

extern uint32_t bss_begin[], bss_end[];
int main(void);

__attribute__((aligned(4), used)) static void trap(void) {
  host_print("trap\n");
  host_leave(99);
}

__attribute__((used)) static void begin(void) {
  uint32_t *p;
  __asm__ volatile(".option push\n .option arch, +zicsr\n csrw mtvec, %0\n .option pop" : : "r"(trap));
  for (p = bss_begin; p < bss_end; ++p) *p = 0;
  host_leave(main());
}

__attribute__((naked, section(".vectors"), used)) void reset(void) {
  __asm__ volatile(".option push\n .option norelax\n la gp, __global_pointer$\n .option pop\n la sp, stack_top\n j begin");
}
