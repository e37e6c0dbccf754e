#!/usr/bin/env python3
"""Cross builds core and kernels for 64-bit ARM, runs their unit tests under qemu as three processors, and looks into the machine code.

Each processor has one more instruction set than the one before, so that choosing among them is tested too: an instruction that a processor lacks ends the run.
With the word "sweep" it runs the whole sweep on every row instead (GALET_SWEEP=full), and prints how many cases each row had.
Needs g++-aarch64-linux-gnu and qemu-user (scripts/packages.txt); skipped, saying so, without them. Builds in GALET_BUILD/arm (build/arm).
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("GALET_BUILD", ROOT / "build")).resolve() / "arm"
PROCESSORS = [("cortex-a53", "neon"), ("cortex-a76", "neondot"), ("max", "neoni8mm")]
# (objects, instructions that must be there, instructions that may not). Fused products only where docs/arithmetic.md has one.
FUSED, DOT = r"fn?m(la|ls|add|sub)", r"(s|u|us|su)(dot|mmla)"
MACHINE_CODE = [
    (r"gemm_i8/gemm_neon\.", r"smlsl2?|smlal2?", DOT),
    (r"_neon\.", None, DOT),
    (r"gemm_i8/gemm_neondot\.", r"sdot", r"(usdot|sudot|\wmmla)"),
    (r"depthwise_i8/depthwise_neondot\.", r"sdot", r"(usdot|sudot|\wmmla)"),
    (r"gemm_i8/gemm_neoni8mm\.", r"usmmla", None),
    (r"(elementwise_f32|pool_f32|pool_i8|layout|resize)/\w+_(neon|reference)\.", None, FUSED),
    (r"(gemm_f32/gemm|sparse_f32/sparse)_neon\.", r"fmla", None),
]

# Products of one instruction, and how many an instruction the densest loop of an object must have (loads, shuffles and spills dilute them).
PRODUCTS = {"smull": 8, "smull2": 8, "smlsl": 8, "smlsl2": 8, "smlal": 8, "smlal2": 8, "sdot": 16, "usdot": 16, "usmmla": 32, "fmla": 4}
DENSITY = [("gemm_i8/gemm_neon.", 3.5), ("gemm_i8/gemm_neondot.", 10.5), ("gemm_i8/gemm_neoni8mm.", 16.0), ("gemm_f32/gemm_neon.", 2.8)]


def run(*command, **options):
    result = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if result.returncode:
        print(result.stdout[-4000:])
        sys.exit(f"failed ({result.returncode}): {' '.join(map(str, command))}")
    return result.stdout


def instructions(path):
    """(address, name, operands) of every instruction of an object."""
    text = run("aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", path)
    return [(int(a, 16), name, operands) for a, name, operands in re.findall(r"^ *([0-9a-f]+):\t(\S+)[ \t]*(.*)$", text, re.M)]


def densest_loop(path):
    """The most products an instruction in any loop (a branch back and what lies between), and how many instructions that loop has."""
    best, code = (0.0, 0), instructions(path)
    index = {address: i for i, (address, _, _) in enumerate(code)}
    for i, (address, name, operands) in enumerate(code):
        target = re.search(r"\b([0-9a-f]+) <", operands) if name.startswith(("b.", "cb", "tb")) else None
        begin = index.get(int(target[1], 16), i) if target else i
        if begin < i:
            products = sum(PRODUCTS.get(name, 0) for _, name, _ in code[begin : i + 1])
            best = max(best, (products / (i + 1 - begin), i + 1 - begin))
    return best


def check_density():
    wrong, objects = [], sorted(BUILD.glob("CMakeFiles/galet_kernels.dir/**/*.o"))
    for part, least in DENSITY:
        for path in (p for p in objects if part in str(p)):
            density, count = densest_loop(path)
            print(f"{path.name}: {density:.2f} products an instruction in the inner loop ({count} instructions)")
            wrong.extend([f"{path.name}: {density:.2f} products an instruction, expected {least}"] if density < least else [])
    return wrong


def check_machine_code():
    wrong, objects = [], sorted(BUILD.glob("CMakeFiles/galet_kernels.dir/**/*.o"))
    for pattern, wanted, forbidden in MACHINE_CODE:
        matching = [path for path in objects if re.search(pattern, str(path))]
        if not matching:
            wrong.append(f"no object matches {pattern}")
        for path in matching:
            used = {name for _, name, _ in instructions(path)}
            if wanted and not any(re.fullmatch(wanted, name) for name in used):
                wrong.append(f"{path.name}: no {wanted}")
            wrong.extend(f"{path.name}: {name}" for name in sorted(used) if forbidden and re.fullmatch(forbidden, name))
    return wrong


def main():
    missing = [tool for tool in ("aarch64-linux-gnu-g++", "qemu-aarch64", "ninja") if shutil.which(tool) is None]
    if missing:
        print(f"skipped: {', '.join(missing)} not found (./dev setup installs what scripts/packages.txt names)")
        return 77
    if not (BUILD / "build.ninja").exists():
        run("cmake", "--preset", "arm", "-B", BUILD, cwd=ROOT)
    run("cmake", "--build", BUILD)
    if "sweep" in sys.argv[1:]:
        processor, isa = PROCESSORS[-1]  # it has every row
        print(run("qemu-aarch64", "-cpu", processor, BUILD / "galet_kernels_test", "-tc=sweep*", env={**os.environ, "GALET_SWEEP": "full"}))
        return 0
    for processor, isa in PROCESSORS:
        for program in ("galet_core_test", "galet_kernels_test"):
            out = run("qemu-aarch64", "-cpu", processor, BUILD / program, env={**os.environ, "GALET_EXPECT_ISA": isa})
            print(processor, program, re.search(r"assertions:.*", out)[0], flush=True)
    wrong = check_machine_code() + check_density()
    print("\n".join(wrong) or "machine code as expected")
    return bool(wrong)


sys.exit(main())
