"""galet prune from outside: tables, JSON, determinism, before and after quantization, hostile flags. On the repository's own model and data."""
import filecmp
import pathlib
import tempfile

from galet_cli import MODEL, ok, ok_json, refused

TRAIN, TEST = "tidewrack:train,count=200", "tidewrack:test,count=200"


def accuracy(model):
    return ok_json("evaluate", model, "--data", TEST)["top1"]


with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    sparse = out / "sparse.galet"
    report = ok_json("prune", MODEL, "--amount", 0.3, "-o", sparse)
    assert abs(report["gone"] - 0.3 * report["weights"]) <= 1 and sum(l["gone"] for l in report["layers"]) == report["gone"], report
    assert report["package_bytes"] == sparse.stat().st_size and report["macs_left"] < report["macs"]
    ok("prune", MODEL, "--amount", 0.3, "-o", out / "again.galet")
    assert filecmp.cmp(sparse, out / "again.galet", shallow=False), "the same inputs gave other bytes"
    assert accuracy(sparse) > accuracy(MODEL) - 0.1

    local = ok_json("prune", MODEL, "--amount", 0.5, "--scope", "local", "--protect", "conv1,lin*", "-o", sparse)
    spared = [l for l in local["layers"] if l["gone"] == 0]
    assert [l["name"] for l in spared] == ["conv1", "linear"] and all("protected by" in l["kept"] for l in spared), spared
    assert all(abs(l["gone"] / l["weights"] - 0.5) < 0.01 for l in local["layers"] if l not in spared)

    blocks = ok_json("prune", MODEL, "--macs", 0.4, "--structure", "block", "-o", sparse)
    assert abs(blocks["macs_left"] / blocks["macs"] - 0.6) < 0.02
    assert "whole" not in ok("prune", MODEL, "--structure", "nm:2:4", "-o", sparse, "--explain")

    ok("quantize", MODEL, "--data", TRAIN, "--samples", 64, "-o", out / "int8.galet")
    after = ok_json("prune", out / "int8.galet", "--amount", 0.3, "-o", out / "after.galet")
    ok("prune", MODEL, "--amount", 0.3, "-o", sparse)
    ok("quantize", sparse, "--data", TRAIN, "--samples", 64, "-o", out / "before.galet")
    assert abs(after["gone"] - 0.3 * after["weights"]) <= 1
    for model in ("after.galet", "before.galet"):
        assert accuracy(out / model) > accuracy(MODEL) - 0.1, model
    ok("prune", MODEL, "--amount", 0.5, "--criterion", "activation", "--data", TRAIN, "--samples", 20, "-o", sparse)

    half = ok_json("prune", MODEL, "--structure", "channel", "--macs", 0.3, "--multiple", 4, "--data", TRAIN, "--samples", 50, "-o", out / "half.galet")
    assert half["macs_left"] <= 0.7 * half["macs"] and (out / "half.galet").stat().st_size < 0.85 * MODEL.stat().st_size, half
    assert all(l["shape_left"][0] % 4 == 0 for l in half["layers"] if l["name"] != "linear")
    ok("prune", MODEL, "--structure", "channel", "--macs", 0.3, "--multiple", 4, "--data", TRAIN, "--samples", 50, "--no-correct", "-o", out / "raw.galet")
    assert accuracy(out / "half.galet") > accuracy(out / "raw.galet") + 0.05, (accuracy(out / "half.galet"), accuracy(out / "raw.galet"))
    ok("quantize", out / "half.galet", "--data", TRAIN, "--samples", 64, "-o", out / "half8.galet")
    assert accuracy(out / "half8.galet") > accuracy(out / "half.galet") - 0.1
    ok("prune", out / "half8.galet", "--structure", "channel", "--amount", 0.1, "-o", out / "less8.galet")
    ok("evaluate", out / "less8.galet", "--data", TEST, "--limit", 5)
    ok("export", out / "half.galet", "-o", out / "half.onnx")
    ok("evaluate", out / "half.onnx", "--data", TEST, "--limit", 5)
    ok("export", out / "half8.galet", "-o", out / "half8.onnx")
    ok("prune", MODEL, "--structure", "channel", "--amount", 0.1, "--criterion", "batch_norm", "-o", out / "slim.galet")

    for flags, says in (
        (("--macs", 0.999, "--structure", "channel"), "at most"), (("--amount", 0.5, "--structure", "channel", "--multiple", 0), "multiple"),
        (("--amount", 0.5, "--multiple", 8), "--structure channel"), (("--amount", 0.5, "--criterion", "batch_norm"), "--structure channel"),
        (("--amount", 1.5), "expected a share"), (("--amount", 1), "expected a share"), (("--amount", -0.1), "expected a share"), (("--amount", "nan"), "expected a share"),
        (("--amount", 0.5, "--structure", "filter"), "unknown structure"), (("--amount", 0.5, "--structure", "block:0x4"), "block:OUTxIN"),
        (("--amount", 0.5, "--scope", "layer"), "unknown scope"), (("--amount", 0.5, "--criterion", "l7"), "unknown criterion"),
        (("--amount", 0.5, "--protect", "layer9*"), "fits no layer"), (("--amount", 0.5, "--protect", "*"), "may be pruned"),
        (("--amount", 0.5, "--layer-limit", 0), "layer limit"), (("--amount", 0.9, "--protect", "layer3*"), "protect fewer"),
        (("--amount", 0.5, "--criterion", "activation"), "--data"), (("--amount", 0.5, "--data", "folder:/nonexistent"), "nonexistent"),
    ):
        refused(1, says, "prune", MODEL, *flags, "-o", out / "no.galet")
    refused(2, "how much", "prune", MODEL, "-o", out / "no.galet")
    refused(2, "give one", "prune", MODEL, "--amount", 0.5, "--macs", 0.5, "-o", out / "no.galet")
    refused(2, "leave out --amount", "prune", MODEL, "--amount", 0.5, "--structure", "nm:2:4", "-o", out / "no.galet")
    refused(2, "amount", "prune", MODEL, "--amount", "half", "-o", out / "no.galet")
    refused(2, "--output", "prune", MODEL, "--amount", 0.5)
    refused(1, "", "prune", MODEL, "--amount", 0.5, "-o", "/nonexistent/x.galet")
    refused(1, "", "prune", pathlib.Path(__file__), "--amount", 0.5, "-o", out / "no.galet")
    assert not (out / "no.galet").exists()
print("prune holds")
