"""The C of `galet export --to c` beside the float C of onnx2c, on the same networks, in one go: read-only memory, RAM, stack, and instructions of one
inference, counted by an emulator (they repeat exactly).

    git clone --recurse-submodules --shallow-submodules https://github.com/kraiskil/onnx2c
    ./dev bench c_peers --onnx2c onnx2c [--model lenet=FILE --model resnet20=FILE] [--machines m4f,m4,riscv] [--levels=-O2,-Os] [--json FILE]

onnx2c is built there if it is not yet; without --onnx2c only galet's part is measured. It gets the float network with its batch norms folded (by
onnxruntime), and its answer is compared with onnxruntime's before anything is counted. ROM: what the linked program has more than one without the network
(code, constants, library functions). RAM: the arena or the static tensors, and the stack below the call; the caller's input and output come on top."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))
from emulated_machines import CORTEX_M4, CORTEX_M4F, HERE, RISCV32  # noqa: E402
from galet_cli import GALET, MODEL, ok  # noqa: E402

MACHINES = {"m4f": CORTEX_M4F, "m4": CORTEX_M4, "riscv": RISCV32}


def run(*command, cwd=None):
    done = subprocess.run([str(c) for c in command], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def build_onnx2c(source):
    """The program, built in `source`/build. Its warnings are not ours to mind (-w), its tests and benchmarks not needed."""
    program = source / "build" / "onnx2c"
    if not program.exists():
        run("cmake", "-S", source, "-B", source / "build", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=-w", "-DCMAKE_POLICY_VERSION_MINIMUM=3.5")
        run("cmake", "--build", source / "build", "--target", "onnx2c")
    return program


def folded(onnx, out):
    """The same network with its batch norms folded, standard operators only."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(out)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(onnx), options, providers=["CPUExecutionProvider"])
    return out


def pixels_as_floats(folder):
    """The picture of galet's vector as the float network takes it: (1, 3, 32, 32), ImageNet's mean and deviation."""
    import numpy
    pixels = re.search(r"galet_net_test_image\[1\]\[3072\] = \{\s*\{(.*?)\}", (folder / "galet_net_test.h").read_text(), re.S).group(1)
    image = numpy.array([int(x) for x in pixels.split(",") if x.strip()], dtype=numpy.float32).reshape(32, 32, 3).transpose(2, 0, 1)[None] / 255
    mean, deviation = (numpy.array(x, numpy.float32)[None, :, None, None] for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return ((image - mean) / deviation).astype(numpy.float32)


def peer(folder, name, onnx, onnx2c, image):
    """peer.c and peer_call.h; checked against onnxruntime on this machine."""
    import numpy
    import onnxruntime
    (folder / "peer.c").write_text(run(onnx2c, folded(onnx, folder / f"{name}_folded.onnx"), "-d", "N:1", "-d", "batch:1", "-f", "peer", "-l", "0"))
    numbers = ", ".join(f"{x:.9g}f" for x in image.ravel())
    numbers = re.sub(r"(?<![\d.e])(-?\d+)f", r"\1.0f", numbers)
    (folder / "peer_call.h").write_text(f"void peer(const void *input, void *output);\nstatic const float image[{image.size}] = {{{numbers}}};\nstatic float answer[10];\n"
                                        "static void call(void) { peer(image, answer); }\n")
    (folder / "check.c").write_text('#include <stdio.h>\n#include "peer_call.h"\nint main(void) { int i; call(); for (i = 0; i < 10; ++i) printf("%.9g ", (double)answer[i]); return 0; }\n')
    run("cc", "-O2", "-w", "check.c", "peer.c", "-o", "check", "-lm", cwd=folder)
    found = numpy.array([float(x) for x in run(folder / "check").split()])
    session = onnxruntime.InferenceSession(str(onnx), providers=["CPUExecutionProvider"])
    expected = session.run(None, {session.get_inputs()[0].name: image})[0].ravel()
    if not numpy.allclose(found, expected, atol=1e-3):
        sys.exit(f"{name}: onnx2c's C says {found}, onnxruntime {expected}")


def ours(folder, name, model, data):
    """galet.c and galet_call.h, with one picture as the vector; returns the facts that the export states."""
    ok("quantize", model, "--data", data, "--samples", 128, "--seed", 1, "-o", folder / f"{name}.galet")
    ok("export", folder / f"{name}.galet", "--to", "c", "-o", folder, "--name", "galet_net", "--data", "tidewrack:test,count=1", "--vectors", 1)
    kind, output, count = re.search(r"static const (\w+) galet_net_test_(out_\w+)\[1\]\[(\d+)\]", (folder / "galet_net_test.h").read_text()).groups()
    image = int(re.search(r"galet_net_test_image\[1\]\[(\d+)\]", (folder / "galet_net_test.h").read_text()).group(1))
    bytes_out = (int(count) + 7) // 8 * 8 * (4 if kind == "float" else 1)
    (folder / "galet_call.h").write_text(f'#include "galet_net.h"\n#include "galet_net_test.h"\nstatic unsigned char arena[GALET_NET_ARENA_BYTES];\nstatic {kind} answer[({count} + 7) / 8 * 8];\n'
                                         f"static void call(void) {{\n  galet_net_run_image(galet_net_test_image[0], answer, arena);\n"
                                         f"  if (memcmp(answer, galet_net_test_{output}[0], {count} * sizeof answer[0]) != 0) host_leave(3);\n}}\n")
    readme = (folder / "README.md").read_text()
    numbers = {key: int(re.search(pattern, readme).group(1)) for key, pattern in
               (("macs", r"(\d+) multiply-acc"), ("weights", r"\| weights \| (\d+)"), ("arena", r"ARENA_BYTES`\) \| (\d+)"), ("bound", r"needs at once \| (\d+)"))}
    numbers["lines"] = sum(len((folder / f"galet_net.{x}").read_text().splitlines()) for x in "ch")
    return numbers, {"rom": image + int(count) * (4 if kind == "float" else 1), "ram": bytes_out}, image


def sizes(machine, program, folder):
    """(read-only, writable) bytes of a linked program. Initial values of variables count in both."""
    tool = machine.compiler.replace("gcc", "size")
    rom = ram = 0
    for line in run(tool, "-A", program, cwd=folder).splitlines():
        parts = line.split()
        if len(parts) != 3 or not parts[1].isdigit():
            continue
        section, size = parts[0], int(parts[1])
        rom += size if section in (".text", ".rodata", ".data") else 0
        ram += size if section in (".data", ".bss") else 0
    return rom, ram


def measure(machine, level, folder, which, plugin, buffers):
    """One network's C on one machine: the figures of a row."""
    (folder / "call.h").write_text('static void call(void) {}\n')
    machine.link([HERE / "count_main.c"], "nothing", folder, level, "-DRUNS=1")
    nothing = sizes(machine, "nothing", folder)
    (folder / "call.h").write_text((folder / f"{which}_call.h").read_text())
    source = "galet_net.c" if which == "galet" else "peer.c"
    counted = []
    for runs in (1, 2):
        machine.link([HERE / "count_main.c", source], "count", folder, level, f"-DRUNS={runs}", "-w")
        out, err = machine.run("count", folder, plugin)
        counted.append(int(re.search(r"(\d+) instructions", err).group(1)))
    rom, ram = sizes(machine, "count", folder)
    stack = int(out.split()[0])
    return {"rom": rom - nothing[0] - buffers["rom"], "ram": ram - nothing[1] - buffers["ram"], "stack": stack, "instructions": counted[1] - counted[0]}


def measure_network(name, model, data, onnx2c, machines, levels, plugin, out):
    folder = out / name
    folder.mkdir()
    facts, buffers, image_bytes = ours(folder, name, model, data)
    parties = [("galet", buffers)]  # the vector's picture and answer; the answer
    if onnx2c and image_bytes != 3072:
        print(f"{name}: onnx2c's C is measured for 3 x 32 x 32 pictures only", file=sys.stderr)
    elif onnx2c:
        ok("export", model, "-o", folder / f"{name}.onnx")
        peer(folder, name, folder / f"{name}.onnx", onnx2c, pixels_as_floats(folder))
        parties.append(("peer", {"rom": 3072 * 4, "ram": 40}))
    rows = []
    for machine in machines:
        for level in levels:
            for which, buffers in parties:
                row = measure(MACHINES[machine], level, folder, which, plugin, buffers)
                row.update(network=name, machine=MACHINES[machine].name, level=level, by="galet int8" if which == "galet" else "onnx2c float", per_mac=row["instructions"] / facts["macs"], **facts)
                rows.append(row)
                print(f"| {name} | {row['machine']} | {level} | {row['by']} | {row['rom']:,} | {row['ram']:,} | {row['stack']:,} | {row['instructions']:,} | {row['per_mac']:.2f} |", flush=True)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onnx2c", type=pathlib.Path, metavar="DIR", help="its sources, with submodules")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE", help="a float network, .galet or .onnx (onnx2c: of 3 x 32 x 32 pictures with ImageNet's mean and deviation, ten classes)")
    parser.add_argument("--data", default="tidewrack:train,count=512", metavar="SPEC", help="images to calibrate on")
    parser.add_argument("--machines", default="m4f,m4,riscv", help="of m4f (with floating-point unit), m4, riscv")
    parser.add_argument("--levels", default="-O2,-Os", help="gcc's, with commas")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the rows there, too")
    flags = parser.parse_args()
    machines, levels = flags.machines.split(","), flags.levels.split(",")
    for machine in machines:
        if machine not in MACHINES:
            parser.error(f"--machines {machine}: expected some of {', '.join(MACHINES)}")
        if MACHINES[machine].missing():
            sys.exit(f"{MACHINES[machine].name}: {MACHINES[machine].missing()}")
    for model in flags.model:
        if "=" not in model or not pathlib.Path(model.split("=", 1)[1]).exists():
            parser.error(f"--model {model}: expected NAME=FILE, a file that exists")
    if flags.onnx2c and not (flags.onnx2c / "CMakeLists.txt").exists():
        parser.error(f"--onnx2c {flags.onnx2c}: no CMakeLists.txt there; clone onnx2c with its submodules")
    onnx2c = build_onnx2c(flags.onnx2c.resolve()) if flags.onnx2c else None
    with tempfile.TemporaryDirectory() as temporary:
        out = pathlib.Path(temporary)
        plugin = out / "libcount.so"
        run("cc", "-O2", "-fPIC", "-shared", HERE / "count_plugin.c", "-o", plugin)
        models = dict(model.split("=", 1) for model in flags.model)
        if not models:
            run(GALET.parent / "export_c_run", "build", "lenet", 32, out / "lenet_first_values.galet")
            models = {"lenet": out / "lenet_first_values.galet", "resnet20": MODEL}
        print("| network | machine | gcc | C by | ROM | RAM | stack | instructions | per MAC |\n|---|---|---|---|---|---|---|---|---|")
        rows = []
        for name, model in models.items():
            rows += measure_network(name, pathlib.Path(model).resolve(), flags.data, onnx2c, machines, levels, plugin, out)
        for name in models:
            facts = next(row for row in rows if row["network"] == name)
            print(f"{name}: {facts['macs']:,} MAC, {facts['weights']:,} bytes of weights, {facts['bound']:,} bytes alive at once at least (galet); {facts['lines']} lines of C without weights")
        if flags.json:
            flags.json.write_text(json.dumps(rows, indent=1) + "\n")


main()
