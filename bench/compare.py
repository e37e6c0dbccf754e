"""galet against the other engines, batch 1: speed in interleaved short bursts, accuracy beside it, memory, load time. One command: ./dev bench compare

Every engine lives in a process of its own with the same threads and gets the same real images as the same floats. A round gives each engine one burst, in an
order that changes from round to round; before and after each burst a probe measures the clock and the rate of fused multiply-adds, so that disturbed bursts can
be told. Reported are the lowest 5th percentile of any burst, the median of burst medians, and ratios round by round (median, lowest and highest), for two engines of
one round met about the same machine. Results are kept in --out after every network, and a second run goes on from there (--fresh starts anew).
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import time

import numpy as np

import forms
import images
import models
import table

ROOT = pathlib.Path(__file__).resolve().parent.parent

# engine: (kind, form of the network, what the table says)
ENGINES = {
    "galet-int8": ("galet", "galet", "galet int8"),
    "galet-float": ("galet", "float", "galet float"),
    "ort-float": ("onnxruntime", "float", "onnxruntime float"),
    "ort-galet": ("onnxruntime", "galet_qdq", "onnxruntime int8, galet's QDQ"),
    "ort-own": ("onnxruntime", "own_qdq", "onnxruntime int8, its own quantizer"),
    "ort-expert": ("onnxruntime", "expert_qdq", "onnxruntime int8, its own, expert form"),
    "openvino-float": ("openvino", "float", "openvino float"),
    "openvino-galet": ("openvino", "galet_qdq", "openvino int8, galet's QDQ"),
    "openvino-own": ("openvino", "own_qdq", "openvino int8, onnxruntime's QDQ"),
    "ncnn-float": ("ncnn", "ncnn", "ncnn float"),
    "ncnn-int8": ("ncnn", "ncnn_int8", "ncnn int8, by bench/ncnn_int8.py"),
    "torch-float": ("torch", "torch", "PyTorch float"),
}
NEEDS = {"galet_qdq": {"galet", "galet_qdq"}, "ncnn_int8": {"ncnn", "ncnn_int8"}}


def python_with_torch():
    """This Python or the system's; None where neither has torch."""
    for python in (sys.executable, "/usr/bin/python3"):
        if pathlib.Path(python).exists() and subprocess.run([python, "-c", "import numpy, torch"], capture_output=True).returncode == 0:
            return python
    return None


class Engine:
    def __init__(self, command):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process died with status {self.process.wait()}")
        if not line.startswith("{"):
            return self.answer()  # chatter of a library
        said = json.loads(line)
        if "error" in said:
            raise RuntimeError(said["error"])
        return said

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(kind, path, threads, array):
    if kind == "galet":
        engine = Engine([ROOT / "build/galet-bench", path, threads, array])
    else:
        python = python_with_torch() if kind == "torch" else sys.executable
        if python is None:
            raise RuntimeError("no Python with torch and numpy here")
        engine = Engine([python, ROOT / "bench/engine.py", kind, path, threads, array])
    try:
        return engine, engine.answer()
    except Exception:
        engine.close()
        raise


def snr_db(reference, other):
    noise = float(((reference - other) ** 2).sum())
    return 10 * float(np.log10((reference**2).sum() / noise)) if noise else float("inf")


def accuracy(engine, count, labels, folder, reference, galet):
    """Of the first `count` images: right answers; the same answer as the float network, and the noise against it; the same with galet's integers."""
    path = folder / "outputs.npy"
    engine.ask("outputs", count, path)
    out = np.load(path).reshape(count, -1)
    path.unlink()
    result = {"images": count}
    if labels is not None:
        result["top1"] = int((out.argmax(1) == labels[:count]).sum())
    if reference is not None:
        result["agreement"] = int((out.argmax(1) == reference.argmax(1)).sum())
        result["snr_db"] = round(snr_db(reference, out), 2)
    if galet is not None:
        result["galet_agreement"] = int((out.argmax(1) == galet.argmax(1)).sum())
        result["galet_snr_db"] = round(snr_db(galet, out), 2)
    return result, out


def bursts(running, probe, threads, rounds, seconds, count):
    """engine -> list of {p5, median, clock, fma}, one a round."""
    found = {name: [] for name in running}
    shuffle = random.Random(1)
    for index in range(rounds):
        order = list(running)
        shuffle.shuffle(order)
        before = probe.ask("probe", threads)
        for name in order:
            times = sorted(running[name].ask("burst", seconds, index % count)["times_ms"])
            after = probe.ask("probe", threads)
            speed = {key: min(before[key], after[key]) for key in before}
            found[name].append({"p5": times[int(0.05 * (len(times) - 1))], "median": statistics.median(times), "runs": len(times), **speed})
            before = after
    return found


def compare(flags, name, threads, probe):
    folder = flags.work / name
    size, _ = models.MODELS[name]
    shared = flags.shared / "models" / {"resnet20": "resnet20_cifar10.onnx", "squeezenet1_1": "squeezenet1_1_imagenet.onnx"}.get(name, "-")
    trained = shared.exists()
    source = shared if trained else flags.work / f"{name}.onnx"
    if not source.exists():
        models.make(name, source)
    arrays = images.write(flags.work, flags.data, size, trained and name == "squeezenet1_1")
    wanted = {form for engine in flags.engines for form in NEEDS.get(ENGINES[engine][1], {ENGINES[engine][1]})}
    made = forms.make(ROOT / "build/galet", source, folder, arrays["calibration"], size, wanted)

    running, rows, outputs = {}, {}, {}
    for engine in flags.engines:
        kind, form, title = ENGINES[engine]
        rows[engine] = row = {"title": title}
        if not isinstance(made.get(form), pathlib.Path):
            row["absent"] = made.get(form, "not made")
            continue
        try:
            running[engine], row["start"] = start(kind, made[form], threads, arrays["evaluation"])
        except RuntimeError as error:
            row["absent"] = str(error).splitlines()[0][:200]
    labels = np.load(arrays["labels"]) if trained else None
    count = min(flags.images * (4 if size == 32 else 1), len(np.load(arrays["evaluation"], mmap_mode="r")))
    try:
        if threads == flags.threads[0]:  # results do not depend on threads enough to measure them twice
            for engine in sorted(running, key=lambda e: (e != "ort-float", e != "galet-int8")):
                galet = outputs.get("galet-int8") if ENGINES[engine][1] == "galet_qdq" else None
                rows[engine]["accuracy"], outputs[engine] = accuracy(running[engine], count, labels, folder, outputs.get("ort-float"), galet)
        for engine, of_rounds in bursts(running, probe, threads, flags.rounds, flags.seconds, count).items():
            rows[engine]["bursts"] = of_rounds
    finally:
        for engine in running.values():
            engine.close()
    return {"model": name, "trained": trained, "threads": threads, "engines": rows, "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}


def machine(flags):
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith(("model name", "CPU part"))), platform.machine())
    revision = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    peaks = subprocess.run([ROOT / "build/galet", "bench", "--machine", "--json", "--threads", ",".join(map(str, flags.threads))], capture_output=True, text=True, check=True).stdout
    return {"peaks": json.loads(peaks), "processor": cpu, "processors": os.cpu_count(), "galet": revision, "rounds": flags.rounds, "seconds": flags.seconds}


def parse():
    comma = lambda text: [part for part in text.split(",") if part]
    parser = argparse.ArgumentParser(prog="./dev bench compare", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=comma, default=list(models.MODELS), help=f"of {','.join(models.MODELS)}")
    parser.add_argument("--engines", type=comma, default=list(ENGINES), help=f"of {','.join(ENGINES)}; a part of a name selects all that begin with it")
    parser.add_argument("--threads", type=lambda text: [int(part) for part in comma(text)], default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.35, help="of one burst")
    parser.add_argument("--images", type=int, default=50, help="for accuracy (four times as many of 32x32)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/bench/compare.json")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build/bench", help="where networks and their forms are kept")
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path(os.environ.get("GALET_DATA", ROOT / "build/data")))
    parser.add_argument("--shared", type=pathlib.Path, default=pathlib.Path(os.environ.get("GALET_SHARED_DATA", ROOT.parent / "shared/data")))
    parser.add_argument("--fresh", action="store_true", help="measure again what --out has already (networks and their forms are made again too)")
    parser.add_argument("--table", type=pathlib.Path, help="write the Markdown tables there too (docs/performance.md: between its marks)")
    flags = parser.parse_args()
    flags.engines = [engine for engine in ENGINES if any(engine.startswith(part) for part in flags.engines)]
    if unknown := [name for name in flags.models if name not in models.MODELS]:
        parser.error(f"unknown models {unknown}, expected some of {', '.join(models.MODELS)}")
    if not flags.engines:
        parser.error(f"no engine of that name, expected some of {', '.join(ENGINES)}")
    return flags


def main():
    flags = parse()
    flags.work.mkdir(parents=True, exist_ok=True)
    if flags.fresh:
        for stale in [flags.out, *flags.work.glob("*/*.onnx"), *flags.work.glob("*/*.galet"), *flags.work.glob("*/*.param"), *flags.work.glob("*/*.npz")]:
            stale.unlink(missing_ok=True)
    known = json.loads(flags.out.read_text()) if flags.out.exists() else {"machine": machine(flags), "results": []}
    probe = Engine([ROOT / "build/galet-bench", "probe"])
    began = time.monotonic()
    for name in flags.models:
        for threads in flags.threads:
            if any(r["model"] == name and r["threads"] == threads and set(r["engines"]) >= set(flags.engines) for r in known["results"]):
                continue
            result = compare(flags, name, threads, probe)
            known["results"] = [r for r in known["results"] if (r["model"], r["threads"]) != (name, threads)] + [result]
            partial = flags.out.with_suffix(".partial")
            partial.write_text(json.dumps(known))
            partial.replace(flags.out)
            print(f"{name}, {threads} threads: {time.monotonic() - began:.0f} s\n\n{table.of_result(result)}\n", file=sys.stderr, flush=True)
    probe.close()
    text = table.of_all(known)
    print(text)
    if flags.table:
        table.write(flags.table, text)


main()
