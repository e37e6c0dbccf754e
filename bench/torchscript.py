"""PyTorch on a TorchScript file that galet wrote, beside galet's runtime on the .galet file that it was written from: one image, one thread, short bursts in turn.

    /usr/bin/python3 bench/torchscript.py net.galet net.pt 1x3x32x32

Prints, over the bursts, the least and the median of each burst's 5th percentile in ms. GALET_BUILD says where galet is (build)."""
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import torch

GALET = pathlib.Path(os.environ.get("GALET_BUILD", "build")) / "galet"
ROUNDS, SECONDS = 20, 0.2


def galet_ms(package):
    done = subprocess.run([str(GALET), "bench", package, "--seconds", str(SECONDS), "--json"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)[0]["p5_ms"]


def torch_ms(module, image):
    all_s, end = [], time.perf_counter() + SECONDS
    with torch.inference_mode():
        while time.perf_counter() < end:
            begin = time.perf_counter()
            module(image)
            all_s.append(time.perf_counter() - begin)
    return 1000 * sorted(all_s)[len(all_s) // 20]


def main(package, script, shape):
    torch.set_num_threads(1)
    image = torch.randn([int(n) for n in shape.split("x")])
    modules = {}
    for engine in torch.backends.quantized.supported_engines:
        if engine != "none":
            torch.backends.quantized.engine = engine
            modules[engine] = torch.jit.load(script)
    times = {name: [] for name in ["galet", *modules]}
    for module in modules.values():
        torch_ms(module, image)  # the first runs optimize
    for _ in range(ROUNDS):
        times["galet"].append(galet_ms(package))
        for engine, module in modules.items():
            torch.backends.quantized.engine = engine
            times[engine].append(torch_ms(module, image))
    for name, all_ms in times.items():
        print(f"{name:8} least {min(all_ms):.3f} ms, median {sorted(all_ms)[ROUNDS // 2]:.3f} ms")


main(*sys.argv[1:])
