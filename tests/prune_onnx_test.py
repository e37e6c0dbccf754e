"""Networks that lost channels, exported: ONNX Runtime gives what galet gives, in float and in integers; a strict load of their weights by name."""
import pathlib
import tempfile

import numpy
import onnxruntime

from galet_cli import MODEL, ok, ok_json

TRAIN = "tidewrack:train,count=200"

with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    image = numpy.random.default_rng(1).normal(size=(1, 3, 32, 32)).astype(numpy.float32)
    numpy.save(out / "x.npy", image)
    ok("prune", MODEL, "--structure", "channel", "--macs", 0.5, "--data", TRAIN, "--samples", 50, "-o", out / "half.galet")
    ok("quantize", out / "half.galet", "--data", TRAIN, "--samples", 64, "-o", out / "half8.galet")
    ok("prune", out / "half8.galet", "--structure", "channel", "--amount", 0.1, "-o", out / "less8.galet")
    ok("prune", out / "half8.galet", "--structure", "channel", "--amount", 0.1, "--data", TRAIN, "--samples", 50, "-o", out / "corrected8.galet")
    ok("prune", MODEL, "--amount", 0.6, "--structure", "block", "-o", out / "blocks.galet")
    for name in ("half", "half8", "less8", "corrected8", "blocks"):
        ok("export", out / f"{name}.galet", "-o", out / f"{name}.onnx")
        session = onnxruntime.InferenceSession(str(out / f"{name}.onnx"), providers=["CPUExecutionProvider"])
        ok("evaluate", out / f"{name}.galet", "--data", f"npy:{out / 'x.npy'}", "--dump-outputs", out / "y.npy")
        theirs, ours = session.run(None, {session.get_inputs()[0].name: image})[0], numpy.load(out / "y.npy")
        assert numpy.abs(theirs.reshape(-1) - ours.reshape(-1)).max() < 1e-3, (name, theirs, ours)
        for way in ("always", "never") if name == "blocks" else ():  # float sums in another order, each near ONNX Runtime's
            ok("evaluate", out / f"{name}.galet", "--data", f"npy:{out / 'x.npy'}", "--dump-outputs", out / "y.npy", env={"GALET_SPARSE": way})
            assert numpy.abs(theirs.reshape(-1) - numpy.load(out / "y.npy").reshape(-1)).max() < 1e-4, (way, theirs)
            kernels = [layer["kernel"] for layer in ok_json("bench", out / f"{name}.galet", "--layers", "--seconds", 0.05, env={"GALET_SPARSE": way})[0]["layers"]]
            sparse = sum(kernel.startswith("sparse_f32") for kernel in kernels)
            assert sparse >= 10 if way == "always" else sparse == 0, kernels  # layers that lost no block stay dense
        print(f"{name}: as in ONNX Runtime, {(out / f'{name}.onnx').stat().st_size} bytes")
    ok("export", out / "half.galet", "--to", "safetensors", "-o", out / "half.safetensors")
    ok("import", out / "half.safetensors", "--model", out / "half.galet", "-o", out / "again.galet")
    ok("evaluate", out / "again.galet", "--data", f"npy:{out / 'x.npy'}", "--dump-outputs", out / "z.npy")
    ok("evaluate", out / "half.galet", "--data", f"npy:{out / 'x.npy'}", "--dump-outputs", out / "y.npy")
    assert (numpy.load(out / "z.npy") == numpy.load(out / "y.npy")).all()
