"""Latency of galet and onnxruntime on the same networks, batch 1, in interleaved bursts on a noisy machine.

For each MODEL.onnx: galet float, galet int8 (static, calibrated on tidewrack pictures stretched to the input: weights and ranges matter here, labels do not),
onnxruntime float, onnxruntime on the QDQ file that galet exports. Prints the lowest burst median, the median of bursts, and ratios within this run; JSON with --json.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime as ort

ROOT = pathlib.Path(__file__).resolve().parent.parent
GALET = ROOT / "build/galet"


def galet_burst(model, threads, seconds):
    text = subprocess.run([GALET, "bench", model, "--threads", str(threads), "--seconds", str(seconds), "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(text)[0]["median_ms"]


def ort_session(model, threads):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def ort_burst(session, seconds):
    source = session.get_inputs()[0]
    shape = [d if isinstance(d, int) else 1 for d in source.shape]
    feed = {source.name: np.random.default_rng(0).standard_normal(shape, dtype=np.float32)}
    session.run(None, feed)
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        begin = time.perf_counter()
        session.run(None, feed)
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times)


def compare(model, threads, rounds, seconds, folder):
    package, exported = folder / "net.galet", folder / "net.onnx"
    quiet = {"check": True, "capture_output": True}
    subprocess.run([GALET, "quantize", model, "--data", "tidewrack:train,count=64", "--samples", "32", "-o", package], **quiet)
    subprocess.run([GALET, "export", package, "-o", exported], **quiet)
    float_session, integer_session = ort_session(model, threads), ort_session(exported, threads)
    engines = {
        "galet float": lambda: galet_burst(model, threads, seconds),
        "galet int8": lambda: galet_burst(package, threads, seconds),
        "onnxruntime float": lambda: ort_burst(float_session, seconds),
        "onnxruntime int8 (galet's QDQ)": lambda: ort_burst(integer_session, seconds),
    }
    bursts = {name: [] for name in engines}
    for _ in range(rounds):
        for name, burst in engines.items():
            bursts[name].append(burst())
    best = min(min(bursts["onnxruntime float"]), min(bursts["onnxruntime int8 (galet's QDQ)"]))
    return [
        {"model": pathlib.Path(model).name, "engine": name, "threads": threads, "best_ms": min(b), "median_ms": statistics.median(b), "onnxruntime_best_over_this": best / min(b)}
        for name, b in bursts.items()
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for model in flags.models:
            for threads in map(int, flags.threads.split(",")):
                rows += compare(model, threads, flags.rounds, flags.seconds, pathlib.Path(folder))
    if flags.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['model']:34} {row['engine']:32} {row['threads']} threads  best {row['best_ms']:8.3f} ms  median {row['median_ms']:8.3f} ms  onnxruntime's best / this {row['onnxruntime_best_over_this']:.2f}")


main()
