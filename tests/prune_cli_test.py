"""galet prune from outside: tables, JSON, determinism, before and after quantization, hostile flags. On the repository's own model and data."""
import filecmp
import pathlib
import tempfile

from galet_cli import MODEL, ok, ok_json, refused, run

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
    some = ("prune", out / "int8.galet", "--structure", "channel", "--macs", 0.3, "--data", TRAIN, "--samples", 50)
    ok(*some, "-o", out / "corrected8.galet")
    ok(*some, "--no-correct", "-o", out / "raw8.galet")
    assert accuracy(out / "corrected8.galet") > accuracy(out / "raw8.galet") + 0.05, (accuracy(out / "corrected8.galet"), accuracy(out / "raw8.galet"))
    even = ok_json("prune", MODEL, "--structure", "channel", "--amount", 0.5, "-o", out / "even.galet")
    assert all(l["shape_left"][0] >= 0.24 * l["shape"][0] for l in even["layers"] if l["name"] != "linear") and even["macs_left"] > 0.1 * even["macs"], even
    wide = run("prune", MODEL, "--structure", "channel", "--amount", 0.5, "--layer-limit", 0.3, "-o", out / "wide.galet")
    assert wide.returncode == 0 and "galet: note: " in wide.stderr and "no layer loses more than 0.3" in wide.stderr, wide.stderr
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
    state = out / "sweep.json"
    common = (MODEL, "--data", TRAIN, "--eval", "tidewrack:test,count=60", "--samples", 20, "--state", state)
    sweep = ok_json("sweep", "prune", *common, "--amount", "0,0.3,0.6,0.9")
    points = sweep["points"]
    assert [(p["series"], p["value"]) for p in points] == [(s, v) for s in ("local", "global") for v in (0, 0.3, 0.6, 0.9)], points
    for series in ("local", "global"):
        mine = [p for p in points if p["series"] == series]
        assert mine[0]["top1"] == sweep["float"]["top1"] > mine[-1]["top1"]
        assert all(a["stored_bytes"] > b["stored_bytes"] for a, b in zip(mine, mine[1:])), mine
        assert all(p["image_ms"] > 0 and p["whole_ms"] > 0 for p in mine)
    text = ok("sweep", "prune", *common, "--amount", "0,0.3,0.6,0.9", "--report", out / "r.html", "--csv", out / "csv")
    assert "local: within 1 point of the whole network up to" in text and "global: within" in text, text
    assert "global: within 1 point" in (out / "r.html").read_text() and "in a file" in "".join(p.read_text() for p in (out / "csv").glob("*sweep*"))
    layers = ok_json("sweep", "prune_layers", MODEL, "--data", TRAIN, "--eval", "tidewrack:test,count=5", "--state", out / "l.json", "--amount", "0.9")
    assert [p["label"] for p in layers["points"]][:2] == ["conv1, 0.9", "layer1.0.conv1, 0.9"] and len(layers["points"]) == 20, layers["points"][:2]
    assert layers["by_layer"] and all(p["stored_bytes"] < layers["float"]["stored_bytes"] + 4096 for p in layers["points"])
    refused(1, "tied across layers", "sweep", "prune_layers", *common, "--fresh", "--structure", "channel")
    channels = ok_json("sweep", "prune", *common[:-1], out / "c.json", "--amount", "0.2", "--scope", "local", "--structure", "channel", "--correct", "--int8", "--limit", 20)
    assert len(channels["points"]) == 1 and channels["points"][0]["stored_bytes"] < 0.3 * sweep["float"]["stored_bytes"]
    refused(1, "another calibration", "sweep", "prune", *common, "--amount", "0.3", "--seed", 2)
    refused(1, "", "sweep", "prune", *common, "--amount", "0.3", "--structure", "block")
    refused(1, "no amount to vary", "sweep", "prune", *common, "--fresh", "--structure", "nm:2:4")
    refused(1, "expected numbers from 0 to 0.999", "sweep", "prune", *common, "--fresh", "--amount", "0:1:0.5")
    refused(2, "--scope", "sweep", "prune", *common, "--scope", "layers")
print("prune holds")
