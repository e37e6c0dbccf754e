/* A plugin of QEMU that counts instructions: every one that is executed, exactly; the same run gives the same number.
     cc -O2 -fPIC -shared count_plugin.c -o libcount.so && qemu-... -plugin ./libcount.so ...
   It says "N instructions" on stderr when the emulator ends. The declarations are version 1 of QEMU's plugin interface (docs/devel/tcg-plugins);
   Debian has no package with its header. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint64_t plugin_id;
struct block;
struct machine;
enum { kAdd64 = 0 };
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id, struct block *));
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct block *block, int operation, void *counter, uint64_t step);
extern size_t qemu_plugin_tb_n_insns(const struct block *block);
extern void qemu_plugin_register_atexit_cb(plugin_id id, void (*callback)(plugin_id, void *), void *data);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
static uint64_t executed;

static void translated(plugin_id id, struct block *block) {
  (void)id;
  qemu_plugin_register_vcpu_tb_exec_inline(block, kAdd64, &executed, qemu_plugin_tb_n_insns(block));
}

static void ended(plugin_id id, void *data) {
  (void)id;
  (void)data;
  fprintf(stderr, "%llu instructions\n", (unsigned long long)executed);
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const struct machine *machine, int argc, char **argv) {
  (void)machine;
  (void)argc;
  (void)argv;
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, NULL);
  return 0;
}
