"""C exports against the runtime: the networks of this repository, compiled by every compiler found, on real images: identical integers.

`export_c_test.py` is the fast part; `export_c_test.py slow` takes 500 images, more networks and more ways of compiling."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

from galet_cli import GALET, MODEL, ROOT, ok, refused

FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]
SLOW = "slow" in sys.argv[1:]
for missing in {"gcc", "clang"} - set(COMPILERS):
    print(f"SKIPPED: {missing} is not installed (./dev setup)")

# Reads images from the first file, compares what the network answers with the second.
DRIVER = r"""
#include <stdio.h>
#include <string.h>
#include "NAME.h"
static unsigned char arena[MACRO_ARENA_BYTES], image[MACRO_IMAGE_HEIGHT * MACRO_IMAGE_WIDTH * MACRO_IMAGE_CHANNELS];
static TYPE answer[COUNT], expected[COUNT];
int main(int argc, char **argv) {
  FILE *images = fopen(argv[1], "rb"), *answers = fopen(argv[argc - 1], "rb");
  int n = 0, wrong = 0;
  for (; fread(image, 1, sizeof image, images) == sizeof image; ++n) {
    if (fread(expected, 1, sizeof expected, answers) != sizeof expected) return 2;
    memset(arena, n, sizeof arena);
    NAME_run_image(image, answer, arena);
    wrong += memcmp(answer, expected, sizeof answer) != 0;
  }
  fclose(images);
  fclose(answers);
  printf("%d images, %d differ\n", n, wrong);
  return wrong != 0 || n == 0;
}
"""


def run(*command, cwd=None):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=cwd, timeout=3600)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: status {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}"
    return done.stdout


def self_test(folder, name, compilers=COMPILERS, levels=("-O2",), sanitize=True):
    """Compiles main.c with the export and runs its vectors."""
    for compiler in compilers:
        for level in levels:
            run(compiler, *FLAGS, level, "main.c", f"{name}.c", "-o", "self_test", cwd=folder)
            out = run("./self_test", cwd=folder)
            assert "equal" in out and "DIFFERENT" not in out, out
    if sanitize:
        run(COMPILERS[-1], *FLAGS, *SANITIZE, "-O1", "main.c", f"{name}.c", "-o", "self_test_san", cwd=folder)
        assert "DIFFERENT" not in run("./self_test_san", cwd=folder)


def against_runtime(folder, name, model, data, images, levels=("-O2",), fixed=False):
    """The export on `images` images of a data set against the runtime."""
    run(GALET.parent / "export_c_run", model, data, images, folder, *(["fixed"] if fixed else []), cwd=ROOT)
    header = (folder / f"{name}.h").read_text()
    count = next(line.split()[2] for line in header.splitlines() if line.startswith("#define") and "_OUT_" in line and "_COUNT" in line)
    kind = "float" if "(const uint8_t *image, float *" in header else "uint8_t"
    driver = DRIVER.replace("NAME", name).replace("MACRO", name.upper()).replace("COUNT", count).replace("TYPE", kind)
    (folder / "driver.c").write_text(driver)
    for compiler in COMPILERS:
        for level in levels:
            run(compiler, *FLAGS, level, "driver.c", f"{name}.c", "-o", "driver", cwd=folder)
            out = run("./driver", "images.bin", "answers.bin", cwd=folder)
            assert out.startswith(f"{images} images, 0 differ"), f"{name} {compiler} {level}: {out}"
            print(f"{name}: {compiler} {level}: {out.strip()}")


with tempfile.TemporaryDirectory() as temporary:
    out = pathlib.Path(temporary)
    quantized = out / "r20.galet"
    ok("quantize", MODEL, "--data", "tidewrack:train,count=200", "--samples", 64, "-o", quantized)
    images = 500 if SLOW else 20
    levels = ("-O0", "-O2", "-Os") if SLOW else ("-O2",)
    data = f"tidewrack:test,count={images}"
    for form in ("float", "fixed"):
        folder = out / form
        ok("export", quantized, "--to", "c", "-o", folder, "--name", "net", "--requantize", form)
        self_test(folder, "net", levels=levels)
        against_runtime(folder, "net", quantized, data, images if form == "float" else min(images, 50), levels, form == "fixed")
    source = (out / "float" / "net.c").read_text()
    lines = len(source.splitlines()) + len((out / "float" / "net.h").read_text().splitlines())
    assert lines <= 1500, f"{lines} lines of C"
    for forbidden in ("malloc", "math.h", "double", "static int32_t ", "static uint8_t net"):
        assert forbidden not in source, forbidden

    # The same bytes every time; weights in a file; names.
    ok("export", quantized, "--to", "c", "-o", out / "again", "--name", "net")
    for file in sorted((out / "float").glob("net*.[ch]")):
        if file.name in ("net.c", "net.h", "net_weights.h", "net_test.h"):
            assert file.read_bytes() == (out / "again" / file.name).read_bytes(), f"{file.name} changed"
    ok("export", quantized, "--to", "c", "-o", out / "files", "--weights", "files")
    self_test(out / "files", "model")
    assert (out / "files" / "model.bin").stat().st_size > 260_000

    refused(2, "--requantize", "export", quantized, "--to", "c", "-o", out / "x", "--requantize", "half")
    refused(2, "--weights", "export", quantized, "--to", "c", "-o", out / "x", "--weights", "nowhere")
    refused(2, "format", "export", quantized, "--to", "fortran", "-o", out / "x")
    refused(2, "budget", "export", quantized, "--to", "c", "-o", out / "x", "--budget", "rom=much")
    refused(1, "layer1", "export", quantized, "--to", "c", "-o", out / "x", "--budget", "ram=30k")
    refused(1, "layer3", "export", quantized, "--to", "c", "-o", out / "x", "--budget", "rom=100k,ram=64k")
    refused(1, "name", "export", quantized, "--to", "c", "-o", out / "x", "--name", "1st")
    refused(1, "cannot be written", "export", MODEL, "--to", "c", "-o", out / "x")
    refused(1, "cannot", "export", quantized, "--to", "c", "-o", "/proc/nowhere")
    assert not (out / "x").exists(), "a refused export left files"
print("C gives the runtime's integers")
