"""C exports on machines that are not this one, under QEMU: bare Cortex-M4 and Cortex-M55, bare 32-bit RISC-V (what GAP chips run), big-endian PowerPC.
Real images through the networks and made-up vectors through random networks: the integers are those of the runtime here."""
import json
import pathlib
import subprocess
import sys
import tempfile

from emulated_machines import CORTEX_M4, MACHINES
from export_c_driver import answers, define_flags
from galet_cli import GALET, MODEL, ROOT, ok

MACHINES_HERE = []
for machine in MACHINES:
    gone = machine.missing()
    if gone:
        print(f"SKIPPED: {machine.name}: {gone}")
    else:
        MACHINES_HERE.append(machine)


def on_every_machine(folder, name, model, data, images, levels, fixed=False):
    """The export in `folder` on real images: every machine, every level."""
    answers(model, data, images, folder, fixed)
    for machine in MACHINES_HERE:
        for level in levels if machine.start else levels[:1]:
            machine.compile(f"{name}.c", "net.o", folder, level)
            machine.link([machine_source("compare_main.c"), "net.o"], "compare", folder, level, *define_flags(folder, name))
            out, _ = machine.run("compare", folder)
            assert out.startswith(f"{images} images, 0 differ"), f"{name} on {machine.name} {level}: {out}"
            print(f"{name}{' fixed' if fixed else ''} on {machine.name} {level}: {out.strip()}")


def machine_source(name):
    return pathlib.Path(__file__).resolve().parent / "emulated" / name


def sweep(out, first, count, form):
    """Random networks over all operators, with the main.c that they bring: all of it on every machine."""
    subprocess.run([GALET.parent / "export_c_run", "sweep", str(first), str(count), out / form, *(["fixed"] if form == "fixed" else [])], check=True)
    ran = 0
    for seed in range(first, first + count):
        folder = out / form / str(seed)
        for machine in MACHINES_HERE:
            if (folder / f"net{seed}.bin").exists() and machine.start:
                continue  # main.c reads its weights by stdio
            machine.compile(f"net{seed}.c", "net.o", folder, ("-O2", "-Os")[seed % 2])
            machine.link(["main.c", "net.o"], "self_test", folder)
            text, _ = machine.run("self_test", folder)
            assert "equal" in text and "DIFFERENT" not in text, f"random network {seed} on {machine.name}: {text}"
            ran += 1
    print(f"{ran} runs of random networks, {form}: equal")


with tempfile.TemporaryDirectory() as temporary:
    if not MACHINES_HERE:
        raise SystemExit(77)
    out = pathlib.Path(temporary)
    quantized = out / "r20.galet"
    ok("quantize", MODEL, "--data", "tidewrack:train,count=200", "--samples", 64, "-o", quantized)
    for form in ("float", "fixed"):
        ok("export", quantized, "--to", "c", "-o", out / form, "--name", "net", "--requantize", form)
        on_every_machine(out / form, "net", quantized, "tidewrack:test,count=20", 10 if form == "float" else 5, ("-O2", "-Os") if form == "float" else ("-O2",), form == "fixed")
    for name, size, images in (("lenet", 32, 20), ("mobilenet_v3_small", 96, 2)):
        subprocess.run([GALET.parent / "export_c_run", "build", name, str(size), out / "float.galet"], check=True)
        ok("quantize", out / "float.galet", "--data", f"tidewrack:train,count=64,size={size}", "--samples", 32, "-o", out / f"{name}.galet")
        ok("export", out / f"{name}.galet", "--to", "c", "-o", out / name, "--name", name)
        on_every_machine(out / name, name, out / f"{name}.galet", f"tidewrack:test,count=20,size={size}", images, ("-O2",))
    for form in ("float", "fixed"):
        sweep(out / "sweep", 1, 8 if form == "float" else 4, form)
    wrong = bytearray((out / "lenet" / "answers.bin").read_bytes())
    wrong[3] ^= 1
    (out / "lenet" / "answers.bin").write_bytes(wrong)
    for machine in MACHINES_HERE:  # a wrong answer is noticed; the program of the last machine would not run on the others
        machine.compile("lenet.c", "net.o", out / "lenet", "-Os")
        machine.link([machine_source("compare_main.c"), "net.o"], "compare", out / "lenet", *define_flags(out / "lenet", "lenet"))
        try:
            machine.run("compare", out / "lenet")
        except AssertionError as noticed:
            assert "20 images, 1 differ" in str(noticed), noticed
            continue
        raise AssertionError(f"{machine.name} does not notice a wrong answer")
    if CORTEX_M4 in MACHINES_HERE:  # what docs/c-export.md promises of resnet20
        done = subprocess.run([sys.executable, ROOT / "bench/c_peers.py", "--machines", "m4", "--levels=-O2", "--model", f"resnet20={MODEL}", "--json", out / "cost.json"],
                              capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        cost = json.loads((out / "cost.json").read_text())[0]
        print(cost)
        assert cost["per_mac"] <= 3.0 and cost["ram"] + cost["stack"] <= 1.1 * cost["bound"] and cost["lines"] <= 1500, cost
print("other machines give the same integers")
