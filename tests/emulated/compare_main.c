/* Reads images from images.bin, compares what the network answers with answers.bin. -D: HEADER, RUN (the function), ARENA, IMAGE and COUNT
   (bytes and elements), TYPE (of an answer). */
#include HEADER

#include <string.h>

#include "host.h"

static unsigned char arena[ARENA + 1], image[IMAGE];
static TYPE answer[COUNT], expected[COUNT];

int main(void) {
  const int32_t images = host_open("images.bin"), answers = host_open("answers.bin");
  int32_t n = 0, wrong = 0;
  if (images < 0 || answers < 0) return 2;
  stack_paint();
  for (; host_read(images, image, sizeof image) == (int32_t)sizeof image; ++n) {
    if (host_read(answers, expected, sizeof expected) != (int32_t)sizeof expected) return 2;
    memset(arena, n, sizeof arena);
    RUN(image, answer, arena + n % 2); /* of any alignment */
    wrong += memcmp(answer, expected, sizeof answer) != 0;
  }
  host_print_number(n);
  host_print(" images, ");
  host_print_number(wrong);
  host_print(" differ, stack ");
  host_print_number(stack_depth());
  host_print("\n");
  return wrong != 0 || n == 0;
}
