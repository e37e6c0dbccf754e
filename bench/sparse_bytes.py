"""How many bytes pruned networks take in a file, at every sparsity: `python bench/sparse_bytes.py --data SPEC resnet20.onnx resnet56.onnx` (needs onnx, numpy).

Weights of convolutions and linear layers below one threshold over the whole network are set to zero in the ONNX file; galet imports (float) and quantizes (int8) it. D is the dense
bytes of all constants, as elements are in memory. The bound is D (1 - s) 1.05 + 1 bit a weight + 4 KB for the whole file.
"""
import argparse
import json
import pathlib
import resource
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper


def galet(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return done.stdout


def load_time(program, file):
    """Processor time in ms of a process that loads the file and prints its cost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    galet(program, "inspect", "--json", file)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def pruned(path, sparsity):
    """The model with the smallest weights at zero, and how many weights it has."""
    model = onnx.load(path)
    used = {node.input[1] for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul")}
    weights = [t for t in model.graph.initializer if t.name in used]
    arrays = [numpy_helper.to_array(t) for t in weights]
    everything = np.sort(np.abs(np.concatenate([a.ravel() for a in arrays])))
    threshold = everything[min(int(sparsity * everything.size), everything.size - 1)]
    for tensor, array in zip(weights, arrays):
        kept = np.where(np.abs(array) < threshold, np.float32(0), array)
        tensor.CopyFrom(numpy_helper.from_array(kept.astype(np.float32), tensor.name))
    return model, everything.size


def measure(program, model, weights, data, folder):
    path = folder / "pruned.onnx"
    onnx.save(model, path)
    for form in ("float", "int8"):
        dense = folder / f"{form}.galet"
        if form == "float":
            galet(program, "import", path, "-o", dense)
        else:
            galet(program, "quantize", path, "--data", data, "--samples", 64, "-o", dense)
        compressed = folder / f"{form}.compressed.galet"
        galet(program, "import", dense, "-o", compressed, "--compress")
        row = {"form": form, "weights": weights}
        for name, file in (("file", dense), ("compressed", compressed)):
            sections = json.loads(galet(program, "inspect", "--bytes", "--json", file))["file"]
            row["dense_bytes"] = sum(s["dense_bytes"] for s in sections["stored"])
            row[name] = sections["total"]
            row[name + "_metadata"] = sections["metadata"]
            row[name + "_encodings"] = {s["encoding"]: s["tensors"] for s in sections["stored"]}
            row[name + "_load_ms"] = min(load_time(program, file) for _ in range(5))
        yield row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--data", required=True, help="images to calibrate on, as galet quantize takes them")
    parser.add_argument("--galet", default="build/galet")
    parser.add_argument("--sparsity", type=float, nargs="*", default=[round(0.05 * i, 2) for i in range(20)])
    parser.add_argument("--out", type=pathlib.Path, help="all figures as JSON")
    flags = parser.parse_args()
    rows = []
    print("| network | s | D, bytes | file | bound | file / bound | constants / bound | --compress | of D | inspect, CPU ms | inspect compressed, CPU ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for path in flags.models:
        for s in flags.sparsity:
            model, weights = pruned(path, s)
            with tempfile.TemporaryDirectory() as folder:
                for row in measure(flags.galet, model, weights, flags.data, pathlib.Path(folder)):
                    d = row["dense_bytes"]
                    bound = d * (1 - s) * 1.05 + weights / 8 + 4096
                    rows.append({"model": path.stem, "sparsity": s, "bound": bound, **row})
                    print(f"| {path.stem} {row['form']} | {s:.2f} | {d} | {row['file']} | {bound:.0f} | {row['file'] / bound:.3f} "
                          f"| {(row['file'] - row['file_metadata']) / bound:.3f} | {row['compressed']} | {row['compressed'] / d:.3f} "
                          f"| {row['file_load_ms']:.1f} | {row['compressed_load_ms']:.1f} |", flush=True)
    if flags.out:
        flags.out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
