/* Vector table and reset of a bare Cortex-M: coprocessors on (floating point, Helium) where the core has them, then main. A fault ends the run. */
#include "host.h"

extern uint32_t bss_begin[], bss_end[], stack_top[];
int main(void);

static void fault(void) {
  host_print("fault\n");
  host_leave(99);
}

void reset(void);
void reset(void) {
  uint32_t *p;
  *(volatile uint32_t *)0xe000ed88 |= 0xfu << 20; /* CPACR: coprocessors 10 and 11 */
  __asm__ volatile("dsb\n isb");
  for (p = bss_begin; p < bss_end; ++p) *p = 0;
  host_leave(main());
}

typedef void (*handler)(void);
__attribute__((section(".vectors"), used)) static const struct {
  uint32_t *stack;
  handler handlers[15];
} vectors = {stack_top, {reset, fault, fault, fault, fault, fault, fault}};
