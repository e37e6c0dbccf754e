"""galet prune with galet-torch: scores by gradients, and training between rounds. Skipped, by name, where galet-torch is not built."""
import pathlib
import sys
import tempfile

from galet_cli import GALET, MODEL, ok, ok_json, refused

if not (GALET.parent / "galet-torch").exists():
    print("SKIPPED prune_torch_test: galet-torch is not built (libtorch)")
    sys.exit(77)

TRAIN, TEST = "tidewrack:train,count=300", "tidewrack:test,count=100"


def accuracy(model):
    return ok_json("evaluate", model, "--data", TEST)["top1"]


with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    flags = ("--data", TRAIN, "--samples", 64, "--threads", 1)
    for structure in ("weight", "block", "channel"):
        report = ok_json("prune", MODEL, "--amount", 0.2, "--criterion", "taylor", "--structure", structure, *flags, "-o", out / "taylor.galet")
        assert report["gone"] > 0 and accuracy(out / "taylor.galet") > 0.5, (structure, accuracy(out / "taylor.galet"))
    tune = ("--schedule", 2, "--tune-limit", 128, "--tune-epochs", 1)
    report = ok_json("prune", MODEL, "--amount", 0.8, *flags, *tune, "-o", out / "rounds.galet")
    assert abs(report["gone"] / report["weights"] - 0.8) < 0.001, report
    ok("prune", MODEL, "--amount", 0.8, "--no-correct", "-o", out / "once.galet")
    assert accuracy(out / "rounds.galet") > accuracy(out / "once.galet") + 0.1
    again = ok_json("prune", out / "rounds.galet", "--amount", 0.0, "-o", out / "again.galet")
    assert again["gone"] == report["gone"], "training brought pruned weights back"
    half = ok_json("prune", MODEL, "--macs", 0.5, "--structure", "channel", *flags, *tune, "-o", out / "half.galet")
    macs = ok_json("inspect", out / "half.galet")["macs"]
    assert macs <= 0.5 * ok_json("inspect", MODEL)["macs"], (macs, half["macs_left"])
    refused(1, "--data", "prune", MODEL, "--amount", 0.5, "--criterion", "taylor", "-o", out / "no.galet")
    refused(2, "--data", "prune", MODEL, "--amount", 0.5, "--schedule", 2, "-o", out / "no.galet")
print("prune with galet-torch holds")
