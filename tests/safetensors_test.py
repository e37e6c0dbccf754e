"""Weights to and from the safetensors package, and the state dict's bytes: `galet export --to safetensors|pth`, `galet import` of what Python wrote."""
import json
import pathlib
import sys
import tempfile

from galet_cli import MODEL, ok, refused

try:
    import numpy
    import onnx
    from safetensors import safe_open
    from safetensors.numpy import load_file, save_file
except ImportError as error:
    print(f"SKIPPED safetensors_test: {error} (./dev setup installs it)")
    sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    ok("import", MODEL, "-o", out / "net.galet")
    ok("export", out / "net.galet", "--to", "safetensors", "-o", out / "a.safetensors")
    ok("export", out / "net.galet", "--to", "safetensors", "-o", out / "b.safetensors")
    assert (out / "a.safetensors").read_bytes() == (out / "b.safetensors").read_bytes(), "the same network gave other bytes"
    with safe_open(str(out / "a.safetensors"), "numpy") as opened:
        assert opened.metadata() == {"format": "pt"}
    tensors = load_file(out / "a.safetensors")
    source = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(MODEL).graph.initializer}
    floats = {name: array for name, array in tensors.items() if not name.endswith("num_batches_tracked")}
    assert len(floats) > 50 and all(numpy.array_equal(source[name], array) for name, array in floats.items())
    assert all(array.dtype == numpy.int64 and array.shape == () for name, array in tensors.items() if name not in floats)

    # Python's file comes back, whatever the order and the types; onto the network by name and onto the network of a file.
    save_file({name: tensors[name] for name in sorted(tensors, reverse=True)}, out / "python.safetensors")
    ok("import", out / "python.safetensors", "--model", "resnet20", "--classes", len(floats["linear.bias"]), "-o", out / "named.galet")
    ok("import", out / "python.safetensors", "--model", out / "net.galet", "-o", out / "onto.galet")
    for name in ("named", "onto"):
        ok("export", out / f"{name}.galet", "--to", "safetensors", "-o", out / f"{name}.safetensors")
        again = load_file(out / f"{name}.safetensors")
        assert again.keys() == tensors.keys() and all(numpy.array_equal(tensors[k], again[k]) for k in tensors), name
    save_file({name: array.astype(numpy.float16) for name, array in floats.items()}, out / "half.safetensors")
    ok("import", out / "half.safetensors", "--model", out / "net.galet", "-o", out / "half.galet")
    ok("export", out / "half.galet", "--to", "safetensors", "-o", out / "half_again.safetensors")
    again = load_file(out / "half_again.safetensors")
    assert all(numpy.array_equal(floats[k].astype(numpy.float16).astype(numpy.float32), again[k]) for k in floats)

    # The command line's contract.
    renamed = {name.replace("linear.", "head."): array for name, array in floats.items()}
    save_file(renamed, out / "renamed.safetensors")
    onto = ("import", out / "renamed.safetensors", "--model", out / "net.galet", "-o", out / "x.galet")
    refused(1, "\"linear.weight\"", *onto, "--report", out / "keys.json")
    report = json.loads((out / "keys.json").read_text())
    assert not report["complete"] and {m["parameter"] for m in report["missing"]} == {"linear.weight", "linear.bias"} and report["missing"][0]["near"] == "head.weight"
    (out / "rules.txt").write_text("# the last layer\n^head\\. -> linear.\n")
    ok(*onto, "--map", out / "rules.txt", "--report", out / "keys.json")
    assert json.loads((out / "keys.json").read_text())["complete"]
    ok(*onto, "--map", "auto", "--save-map", out / "saved.txt")
    ok(*onto, "--map", out / "saved.txt")
    ok(*onto, "--allow", "linear.*", "--allow", "head.*")
    save_file({name: array + 1 for name, array in floats.items() if name.startswith("linear")}, out / "over.safetensors")
    ok("import", "--base", out / "a.safetensors", "--override", out / "over.safetensors", "--model", out / "net.galet", "-o", out / "both.galet")
    ok("export", out / "both.galet", "--to", "safetensors", "-o", out / "both.safetensors")
    both = load_file(out / "both.safetensors")
    assert numpy.array_equal(both["linear.bias"], floats["linear.bias"] + 1) and numpy.array_equal(both["conv1.weight"], floats["conv1.weight"])

    (out / "x.galet").unlink()
    size = floats["linear.bias"].shape[0]
    refused(2, "--model", "import", out / "a.safetensors", "-o", out / "x.galet")
    refused(2, "--output is required", "import", out / "a.safetensors", "--model", "resnet20")
    refused(2, "once", "import", "-o", out / "x.galet", "--model", "resnet20")
    refused(2, "input size", "import", out / "a.safetensors", "--model", "resnet20", "--input-size", "32by32", "-o", out / "x.galet")
    refused(2, "--save-map wants --map", "import", out / "a.safetensors", "--model", "resnet20", "--save-map", out / "m", "-o", out / "x.galet")
    refused(2, "do not apply", "import", MODEL, "--classes", 3, "-o", out / "x.galet")
    refused(1, "unknown model \"resnet19\"", "import", out / "a.safetensors", "--model", "resnet19", "-o", out / "x.galet")
    refused(1, "no choice of shortcuts", "import", out / "a.safetensors", "--model", "resnet18", "--shortcut", "A", "-o", out / "x.galet")
    refused(1, "\"linear.weight\" is", "import", out / "a.safetensors", "--model", "resnet20", "--classes", size + 1, "-o", out / "x.galet")
    refused(1, "--key is for checkpoints", "import", out / "a.safetensors", "--key", "model", "--model", "resnet20", "--classes", size, "-o", out / "x.galet")
    refused(1, "cannot open", "import", out / "missing.pth", "--model", "resnet20", "-o", out / "x.galet")
    refused(1, "cannot open", "import", out / "a.safetensors", "--model", "resnet20", "--map", out / "missing.txt", "-o", out / "x.galet")
    refused(1, "without a network", "inspect", out / "a.safetensors")
    refused(1, "cannot write", "import", out / "a.safetensors", "--model", "resnet20", "--classes", size, "-o", "/nonexistent/x.galet")
    refused(1, "cannot write", "export", out / "net.galet", "--to", "pth", "-o", "/nonexistent/x.pth")
    refused(2, "unknown format", "export", out / "net.galet", "--to", "caffe", "-o", out / "x.caffe")
    for name, data in {"cut.pth": b"PK\x03\x04", "empty.pth": b"", "text.pth": b"hello", "pickle.pth": b"\x80\x02N.", "tar.pth": b"\0" * 257 + b"ustar" + b"\0" * 400}.items():
        (out / name).write_bytes(data)
        refused(1, name, "import", out / name, "--model", "resnet20", "-o", out / "x.galet")
    (out / "keys.json").unlink()
    refused(1, "cannot write", "import", out / "a.safetensors", "--model", "resnet20", "--classes", size, "--report", "/nonexistent/keys.json", "-o", out / "x.galet")
    assert not (out / "x.galet").exists(), "a failed command left a file"
    quantized = ok("quantize", MODEL, "--mode", "dynamic", "-o", out / "int8.galet")
    refused(1, "is quantized", "import", out / "a.safetensors", "--model", out / "int8.galet", "-o", out / "x.galet")
    ok("export", out / "int8.galet", "--to", "pth", "-o", out / "int8.pth")
    assert "tensors" in ok("import", out / "int8.pth", "--list")
print("weights go to Python and back")
