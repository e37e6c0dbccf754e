"""What pruned networks gain in time: `python bench/sparse.py --data SPEC NET.onnx ... [--float] [--structure block|weight] [--amount 0.75]` (needs onnx, numpy).

Each convolution but the first loses the given share of its blocks of 16 x 4 (output channels x inputs, at one tap; those of least L1 norm), or of its single weights. galet quantizes the network (not with --float: then
dense is what runs float convolutions otherwise, oneDNN), and `galet bench` runs it with kernels that skip zero blocks where they were measured to be faster (GALET_SPARSE=measure) and without (never), in short bursts that
alternate. Of each step the fastest call counts; of the whole network, measured in bursts of its own, the least 5th percentile of a burst.
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper

BLOCK = (16, 4)


def galet(program, *arguments, **environment):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment})
    if done.returncode != 0:
        raise SystemExit(done.stderr.strip())
    return done.stdout


def prune_weights(array, amount):
    order = np.argsort(np.abs(array), axis=None, kind="stable")
    array.reshape(-1)[order[: int(amount * array.size)]] = 0


def prune_blocks(array, amount):
    """array: (out, in, kh, kw)."""
    out, inputs = array.shape[:2]
    places = [(o, i, y, x) for o in range(0, out, BLOCK[0]) for i in range(0, inputs, BLOCK[1]) for y in range(array.shape[2]) for x in range(array.shape[3])]
    norms = [np.abs(array[o : o + BLOCK[0], i : i + BLOCK[1], y, x]).sum() for o, i, y, x in places]
    for k in np.argsort(norms, kind="stable")[: int(amount * len(places))]:
        o, i, y, x = places[k]
        array[o : o + BLOCK[0], i : i + BLOCK[1], y, x] = 0


def pruned(path, structure, amount):
    model = onnx.load(path)
    convolutions = [node.input[1] for node in model.graph.node if node.op_type == "Conv"][1:]
    for tensor in model.graph.initializer:
        if tensor.name not in convolutions:
            continue
        array = numpy_helper.to_array(tensor).copy()
        if structure == "block":
            prune_blocks(array, amount)
        else:
            prune_weights(array, amount)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    return model


def measure(program, model, data, folder, rounds, seconds):
    """Fastest times by step and of the whole network, in ms, for both ways, and what was said of the layers that run sparse."""
    source, network = folder / "pruned.onnx", folder / "pruned.galet"
    onnx.save(model, source)
    if data is None:
        galet(program, "import", source, "-o", network)
    else:
        galet(program, "quantize", source, "--data", data, "--samples", 8, "-o", network)
    cache = str(folder / "cache")
    best, whole = {"never": {}, "measure": {}}, {"never": 1e9, "measure": 1e9}
    notes = {}
    for turn in range(rounds):
        for way in ("never", "measure") if turn % 2 == 0 else ("measure", "never"):
            environment = {"GALET_SPARSE": way, "GALET_SPARSE_CACHE": cache}
            alone = json.loads(galet(program, "bench", network, "--json", "--seconds", seconds, **environment))[0]
            whole[way] = min(whole[way], alone["p5_ms"])
            row = json.loads(galet(program, "bench", network, "--json", "--layers", "--seconds", seconds, **environment))[0]
            for layer in row["layers"]:
                at = best[way]
                at[layer["name"]] = min(at.get(layer["name"], 1e9), layer["fastest_ms"])
                if way == "measure" and layer["kernel"].startswith("sparse"):
                    notes[layer["name"]] = layer["why"]
    return best, whole, notes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--data", help="images to calibrate on, as galet quantize takes them")
    parser.add_argument("--float", action="store_true", help="the float network itself, --data is not needed")
    parser.add_argument("--structure", choices=["block", "weight"], default="block")
    parser.add_argument("--amount", type=float, nargs="*", default=[0.75])
    parser.add_argument("--galet", default="build/galet")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--layers", action="store_true", help="a row for each layer that runs sparse, too")
    flags = parser.parse_args()
    if flags.float == (flags.data is not None):
        parser.error("expected either --data or --float")
    print("| network | zero | layers sparse | those, dense ms | sparse ms | gain | least gain of a layer | whole, dense ms | sparse ms | gain |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for path in flags.models:
        for amount in flags.amount:
            model = pruned(path, flags.structure, amount)
            with tempfile.TemporaryDirectory() as folder:
                best, whole, notes = measure(flags.galet, model, flags.data, pathlib.Path(folder), flags.rounds, flags.seconds)
            gains = {name: best["never"][name] / best["measure"][name] for name in notes}
            dense, sparse = (sum(best[way][name] for name in notes) for way in ("never", "measure"))
            some = f"{dense:.3f} | {sparse:.3f} | {dense / sparse:.2f}x | {min(gains.values()):.2f}x" if notes else "| | |"
            name = (path.parent.name if path.stem == "float" else path.stem) + (" float" if flags.float else "")
            print(f"| {name} | {100 * amount:.0f} % of {flags.structure}s | {len(notes)} | {some} "
                  f"| {whole['never']:.3f} | {whole['measure']:.3f} | {whole['never'] / whole['measure']:.2f}x |", flush=True)
            if flags.layers:
                for layer, note in notes.items():
                    print(f"  {layer}: {1e3 * best['never'][layer]:.1f} us dense, {1e3 * best['measure'][layer]:.1f} us sparse, "
                          f"{gains[layer]:.2f}x; {note}", flush=True)


if __name__ == "__main__":
    main()
