"""C exports against the runtime: the networks of this repository, compiled by every compiler found, on real images: identical integers.

`export_c_test.py` is the fast part. `export_c_test.py slow` takes more networks, 500 images of each compiled by gcc -O2, a few of them in each other way
of compiling. `export_c_test.py figures` takes all 500 in every way: what docs/c-export.md reports."""
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from export_c_driver import answers, define_flags
from galet_cli import GALET, MODEL, ROOT, ok, refused

FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
EMULATED = ROOT / "tests" / "emulated"
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]
FIGURES = "figures" in sys.argv[1:]
SLOW = "slow" in sys.argv[1:] or FIGURES
for missing in {"gcc", "clang"} - set(COMPILERS):
    print(f"SKIPPED: {missing} is not installed (./dev setup)")


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
    """The export on `images` images of a data set against the runtime: all of them with the first compiler at -O2, ten in each other way of compiling and
    with sanitizers, unless figures are wanted."""
    ways = [(compiler, [level]) for compiler in COMPILERS for level in levels] + [(COMPILERS[-1], ["-O1", *SANITIZE])] * SLOW
    counts = [images if FIGURES and flags[1:] == [] or way == 0 else min(images, 10) for way, (_, flags) in enumerate(ways)]
    for count in sorted(set(counts)):
        answers(model, data, count, folder, fixed)
        for compiler, flags in [ways[i] for i in range(len(ways)) if counts[i] == count]:
            run(compiler, *FLAGS, *flags, "-c", f"{name}.c", "-o", "net.o", cwd=folder)
            run(compiler, "-std=c99", "-Wall", "-Werror", *flags, f"-I{EMULATED}", "-I.", *define_flags(folder, name), EMULATED / "compare_main.c", EMULATED / "host_stdio.c", "net.o",
                "-o", "driver", cwd=folder)
            out = run("./driver", cwd=folder)
            assert out.startswith(f"{count} images, 0 differ"), f"{name} {compiler} {flags}: {out}"
            print(f"{name}{' fixed' if fixed else ''}: {compiler} {' '.join(flags[:2])}: {out.split(', stack')[0]}", flush=True)


POSTPROCESS = r"""
#include <stdio.h>
#include "post.h"
int main(void) {
  static const uint8_t scores[POST_OUT_OUTPUT_COUNT] = {SCORES};
  int32_t places[3], i;
  uint16_t probabilities[POST_OUT_OUTPUT_COUNT];
  post_top_k(scores, places);
  post_softmax(scores, probabilities);
  printf("%d %d %d %d", (int)post_argmax(scores), (int)places[0], (int)places[1], (int)places[2]);
  for (i = 0; i < POST_OUT_OUTPUT_COUNT; ++i) printf(" %u", (unsigned)probabilities[i]);
  return 0;
}
"""


def postprocessing(out, model):
    """argmax, top-k and softmax of made-up codes against Python."""
    folder = out / "post"
    ok("export", model, "--to", "c", "-o", folder, "--name", "post", "--postprocess", "argmax,topk:3,softmax")
    header = (folder / "post.h").read_text()
    scale = float(re.search(r"#define POST_linear_OUT_SCALE (\S+)", header).group(1))
    for scores in ([3, 200, 7, 200, 9, 1, 0, 255, 255, 4], [0] * 10, list(range(90, 100))):
        (folder / "post_test.c").write_text(POSTPROCESS.replace("SCORES", ", ".join(map(str, scores))))
        run(COMPILERS[-1], *FLAGS, *SANITIZE, "post_test.c", "post.c", "-o", "post_test", cwd=folder)
        found = [int(x) for x in run("./post_test", cwd=folder).split()]
        order = sorted(range(10), key=lambda i: (-scores[i], i))
        assert found[:4] == [order[0], *order[:3]], (scores, found)
        powers = [math.exp(scale * (x - max(scores))) for x in scores]
        assert all(abs(p / 65535 - e / sum(powers)) < 4e-5 for p, e in zip(found[4:], powers)), (scores, found)
    refused(1, "postprocess", "export", model, "--to", "c", "-o", out / "x", "--postprocess", "median")
    refused(1, "postprocess", "export", model, "--to", "c", "-o", out / "x", "--postprocess", "topk:11")
    refused(1, "map", "export", model, "--to", "c", "-o", out / "x", "--postprocess", "peaks:0.5")


PEAKS = r"""
#include <stdio.h>
#include "heat.h"
int main(void) {
  static const uint8_t map[16 * 16 * 2] = {MAP};
  static unsigned char arena[HEAT_ARENA_BYTES];
  int16_t peaks[256][4];
  int32_t i, found = heat_peaks(map, peaks, 256, arena);
  for (i = 0; i < found; ++i) printf("%d %d %d %d\n", peaks[i][0], peaks[i][1], peaks[i][2], peaks[i][3]);
  return 0;
}
"""


def plateau_peaks(at):
    """The peaks of (y, x, c) -> code by their definition: connected equal codes with no larger neighbour, at the member nearest to the centre."""
    peaks = []
    for c in range(2):
        seen = set()
        for y, x in [(y, x) for y in range(16) for x in range(16)]:
            if (y, x) in seen:
                continue
            members, todo, wins = [], [(y, x)], True
            seen.add((y, x))
            while todo:
                v, u = todo.pop()
                members.append((v, u))
                for near in [(v + i, u + k) for i in (-1, 0, 1) for k in (-1, 0, 1) if 0 <= v + i < 16 and 0 <= u + k < 16]:
                    wins = wins and at(*near, c) <= at(y, x, c)
                    if at(*near, c) == at(y, x, c) and near not in seen:
                        seen.add(near)
                        todo.append(near)
            centre = [math.floor(sum(m[i] for m in members) / len(members) + 0.5) for i in (0, 1)]
            if wins:
                peaks.append((*min(members, key=lambda m: ((m[0] - centre[0]) ** 2 + (m[1] - centre[1]) ** 2, m)), c, at(y, x, c)))
    return peaks


def peaks(out):
    """NAME_peaks of saturated, striped, V-shaped, ring-shaped and random maps against the definition."""
    run(GALET.parent / "export_c_run", "heatmap", out / "heat.galet")
    folder = out / "heat"
    ok("export", out / "heat.galet", "--to", "c", "-o", folder, "--name", "heat", "--postprocess", "peaks:-1000")
    run(*[COMPILERS[-1], *FLAGS, *SANITIZE, "-c", "heat.c", "-o", "heat.o"], cwd=folder)
    shapes = [lambda y, x: 255, lambda y, x: 9 * (y % 3 == 0), lambda y, x: 200 * (abs(x - 8) + y == 9), lambda y, x: 7 * (max(abs(y - 8), abs(x - 8)) == 5),
              lambda y, x: 3 * ((x // 2 + y // 3) % 2), lambda y, x: (y * 7 + x * x * 5) % 4, lambda y, x: y + x]
    for shape, other in zip(shapes, shapes[1:] + shapes[:1]):
        at = lambda y, x, c: int((shape, other)[c](y, x))  # noqa: E731
        codes = [at(y, x, c) for y in range(16) for x in range(16) for c in range(2)]
        (folder / "peaks.c").write_text(PEAKS.replace("MAP", ", ".join(map(str, codes))))
        run(COMPILERS[-1], *FLAGS, *SANITIZE, "peaks.c", "heat.o", "-o", "peaks", cwd=folder)
        found = [tuple(map(int, line.split())) for line in run("./peaks", cwd=folder).splitlines()]
        assert found == plateau_peaks(at), (found, plateau_peaks(at))


def real_vectors(out, model):
    """--data: test vectors of pictures, kept by a saved state."""
    ok("export", model, "--to", "c", "-o", out / "real", "--data", "tidewrack:test,count=5", "--vectors", 3, "--save-state", out / "real.json")
    self_test(out / "real", "model", compilers=COMPILERS[:1], sanitize=False)
    answers(model, "tidewrack:test,count=5", 3, out / "real")
    text = (out / "real" / "model_test.h").read_text()
    numbers = [int(x) for x in re.search(r"model_test_image\[3\]\[3072\] = \{(.*?)\};", text, re.S).group(1).replace("{", " ").replace("}", " ").split(",") if x.strip()]
    assert bytes(numbers) == (out / "real" / "images.bin").read_bytes()
    ok("export", "--to", "c", "--load-state", out / "real.json", "-o", out / "real2")
    assert text == (out / "real2" / "model_test.h").read_text()
    whole = (out / "real.json").read_text()
    cut = whole.index('"images"')
    (out / "bad.json").write_text(whole[:cut] + whole[cut:].replace("32", "31", 1))
    refused(1, "test image", "export", "--to", "c", "--load-state", out / "bad.json", "-o", out / "x")
    refused(2, "--vectors 6", "export", model, "--to", "c", "-o", out / "x", "--data", "tidewrack:test,count=5", "--vectors", 6)
    refused(1, "", "export", model, "--to", "c", "-o", out / "x", "--data", "folder:/nowhere")
    refused(2, "--load-state", "export", "--to", "c", "--load-state", out / "real.json", "-o", out / "x", "--data", "tidewrack:test,count=5")
    refused(2, "--limit", "export", model, "--to", "c", "-o", out / "x", "--limit", 3)
    refused(2, "--limit", "export", model, "--to", "c", "-o", out / "x", "--data", "tidewrack:test,count=5", "--limit", 3)


def states(out, model):
    """The same state gives the same bytes; a damaged one is refused."""
    ok("export", model, "--to", "c", "-o", out / "first", "--name", "kept", "--requantize", "fixed", "--vectors", 1, "--save-state", out / "state.json")
    ok("export", "--to", "c", "--load-state", out / "state.json", "-o", out / "second", "--save-state", out / "state2.json")
    assert (out / "state.json").read_bytes() == (out / "state2.json").read_bytes()
    for file in sorted((out / "first").iterdir()):
        assert file.read_bytes() == (out / "second" / file.name).read_bytes(), f"{file.name} changed"
    whole = (out / "state.json").read_text()
    for name, text in {"cut": whole[:5000], "empty": "", "other": "{}", "flipped": whole.replace('"network": "R', '"network": "S'), "short": whole.replace('==', '')[:-40] + '"}'}.items():
        (out / "bad.json").write_text(text)
        if text != whole:
            refused(1, "", "export", "--to", "c", "--load-state", out / "bad.json", "-o", out / "x")
    refused(2, "--load-state", "export", model, "--to", "c", "--load-state", out / "state.json", "-o", out / "x")
    refused(2, "--load-state", "export", "--to", "c", "--name", "a", "--load-state", out / "state.json", "-o", out / "x")
    refused(2, "model", "export", "--to", "c", "-o", out / "x")
    refused(2, "--to c", "export", model, "--name", "a", "-o", out / "x.onnx")


def sweep(out, first, count, form):
    """Random networks over all operators; odd seeds by gcc, even ones by clang with sanitizers."""
    run(GALET.parent / "export_c_run", "sweep", first, count, out / form, *(["fixed"] if form == "fixed" else []))
    for seed in range(first, first + count):
        one = COMPILERS[seed % len(COMPILERS)]
        self_test(out / form / str(seed), f"net{seed}", compilers=[one], levels=[] if seed % 2 == 0 else ["-O2"], sanitize=seed % 2 == 0)
    sources = [(out / form / str(seed) / f"net{seed}.c").read_text() for seed in range(first, first + count)]
    packed = {bits: sum(f"{{\n    .bits = {bits}," in source for source in sources) for bits in (1, 2, 4, 8)}
    print(f"{count} random networks, {form}: equal; with weights of {packed} bits", flush=True)
    assert count < 20 or (packed[1] and packed[8]), packed


def network(out, name, source, calibration, data, images, levels=("-O2",)):
    """Quantizes, exports and compares on `images` images of `data`."""
    quantized, folder = out / f"{name}.galet", out / name
    ok("quantize", source, "--data", calibration, "--samples", 32, "-o", quantized)
    print(ok("export", quantized, "--to", "c", "-o", folder, "--name", name).strip())
    self_test(folder, name, levels=levels if FIGURES else ())
    against_runtime(folder, name, quantized, data, images, levels)


def more_networks(out):
    """Figure 1 of the export: 500 images each (20 pictures for SqueezeNet)."""
    levels = ("-O2", "-O0", "-Os")
    network(out, "mobilenet_v3_small", ROOT / "models/tidewrack_mobilenet_v3_small.onnx", "tidewrack:train,count=64,size=64", "tidewrack:test,count=500,size=64", 500, levels)
    shared, images_at = (pathlib.Path(os.environ.get(v, "/nowhere")) for v in ("GALET_SHARED_DATA", "GALET_DATA"))
    for name, file, calibration, data, images in (("resnet20", "resnet20_cifar10.onnx", "cifar10_jpeg/train", "cifar10_jpeg/test", 500),
                                                  ("squeezenet", "squeezenet1_1_imagenet.onnx", "imagenet_sample", "imagenet_sample", 20)):
        model, where = shared / "models" / file, images_at / data
        if not model.exists() or not where.exists():
            print(f"SKIPPED: {name}: no $GALET_SHARED_DATA/models/{file} or no $GALET_DATA/{data}")
            continue
        network(out, name, model, f"folder:{images_at / calibration}", f"folder:{where}", images, levels if images > 20 else ("-O2", "-Os"))


with tempfile.TemporaryDirectory() as temporary:
    out = pathlib.Path(temporary)
    sweep(out / "sweep", 1, 200 if FIGURES else 50 if SLOW else 6, "float")
    sweep(out / "sweep", 1, 60 if FIGURES else 20 if SLOW else 3, "fixed")
    network(out, "lenet", ROOT / "models/tidewrack_lenet.onnx", "tidewrack:train,count=64", "tidewrack:test,count=500", 500 if SLOW else 20, ("-O2", "-O0", "-Os") if SLOW else ("-O2",))
    if SLOW:
        more_networks(out)
    quantized = out / "r20.galet"
    ok("quantize", MODEL, "--data", "tidewrack:train,count=200", "--samples", 64, "-o", quantized)
    images = 500 if SLOW else 20
    levels = ("-O2", "-O0", "-Os") if SLOW else ("-O2",)
    data = f"tidewrack:test,count={images}"
    for form in ("float", "fixed"):
        folder = out / form
        ok("export", quantized, "--to", "c", "-o", folder, "--name", "net", "--requantize", form)
        self_test(folder, "net", levels=levels if SLOW else (), sanitize=SLOW or form == "float")
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

    postprocessing(out, quantized)
    states(out, quantized)
    peaks(out)
    real_vectors(out, quantized)
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
