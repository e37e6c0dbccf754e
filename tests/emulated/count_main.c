/* Runs a network RUNS times on one input: what RUNS = 2 takes more than RUNS = 1 is one inference. call.h: `static void call(void)`. */
#include <string.h>

#include "host.h"
#include "call.h"

int main(void) {
  volatile int runs = RUNS;
  int i;
  stack_paint();
  for (i = 0; i < runs; ++i) call();
  host_print_number(stack_depth());
  host_print(" bytes of stack\n");
  return 0;
}
