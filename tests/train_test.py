"""galet train as a user meets it: learns, stops on Ctrl-C and goes on to the same bytes, and refuses in one line what cannot be done."""
import csv
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from galet_cli import GALET, MODEL, ROOT, ok, ok_json, refused, run

if not (GALET.parent / "galet-torch").exists():
    print("skipped: galet-torch is not built (no libtorch)")
    sys.exit(77)

DATA, TEST = "tidewrack:train,count=320", "tidewrack:test,count=100"

with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    train = ["train", "--model", "lenet", "--data", DATA, "--test", TEST, "--threads", 1, "--lr", 0.02, "--batch", 32]
    report = ok_json(*train, "--epochs", 2, "-o", out / "whole.galet")
    assert report["epochs"] == 2 and report["test"]["images"] == 100 and report["best"]["epoch"] in (1, 2) and report["cpu_ms_per_image"] > 0, report
    assert [row["epoch"] for row in csv.DictReader((out / "whole.csv").open())] == ["1", "2"]
    assert ok_json("evaluate", out / "whole.galet", "--data", TEST)["top1_correct"] == report["test"]["correct"], "the file is not what was evaluated"
    assert (out / "whole.best.galet").exists() and (out / "whole.checkpoint").exists()

    # Ctrl-C, then --resume: the same bytes.
    resumed = [*train, "--epochs", 2, "-o", out / "resumed.galet", "--loaders", 2]
    process = subprocess.Popen([str(GALET), *map(str, resumed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    time.sleep(float(os.environ.get("GALET_TEST_PAUSE", 2)))  # anywhere: before it begins, within an epoch, after the end
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode in (0, 1, -signal.SIGINT), (process.returncode, errors)
    if process.returncode != 0:
        ok(*resumed, "--resume")
    assert (out / "resumed.galet").read_bytes() == (out / "whole.galet").read_bytes(), "a resumed run gave other bytes"

    # On from a file; a mask of pruned weights and so on are tested beside the sources.
    ok("train", "--from", MODEL, "--data", "tidewrack:train,count=64", "--epochs", 1, "--lr", 0.001, "--batch", 32, "-o", out / "on.galet")
    assert ok_json("evaluate", out / "on.galet", "--data", TEST)["top1"] > 0.8
    ok("quantize", out / "on.galet", "--data", DATA, "--samples", 32, "-o", out / "int8.galet")

    short = ["train", "--model", "lenet", "--data", DATA, "--epochs", 1, "--threads", 1]
    refused(2, "give one of", "train", "--data", DATA, "-o", out / "x.galet")
    refused(2, "--epochs", *short[:5], "--epochs", 0, "-o", out / "x.galet")
    refused(2, "ending", *short, "-o", out / "x.onnx")
    refused(2, "device", *short, "--device", "tpu", "-o", out / "x.galet")
    refused(1, "CUDA", *short, "--device", "cuda", "-o", out / "x.galet")
    refused(1, "missing", *short[:3], "--data", f"folder:{out}/missing", "-o", out / "x.galet")
    refused(1, "knows 4 classes", *short, "--classes", 4, "-o", out / "x.galet")
    refused(1, "learning rate", *short, "--lr", 1e9, "-o", out / "x.galet")
    refused(1, "diverged", *short, "--lr", 5000, "--schedule", "constant", "-o", out / "diverged.galet")
    refused(1, "unknown optimizer", *short, "--optimizer", "lion", "-o", out / "x.galet")
    refused(1, "unknown schedule", *short, "--schedule", "linear", "-o", out / "x.galet")
    refused(1, "augmentation", *short, "--augment", "spin", "-o", out / "x.galet")
    refused(1, "unknown model", "train", "--model", "resnet1", "--data", DATA, "-o", out / "x.galet")
    refused(1, "cannot write", *short, "-o", "/nonexistent/x.galet")
    refused(1, "cannot write", *short, "--log", "/dev/full", "-o", out / "x.galet")
    refused(1, "no regular file", *short, "--checkpoint", "/dev/full", "-o", out / "x.galet")
    refused(1, "--resume", *train, "--epochs", 2, "-o", out / "whole.galet")
    refused(1, "holds another run", *train, "--epochs", 3, "--resume", "-o", out / "whole.galet")
    refused(1, "quantized already", "train", "--from", out / "int8.galet", "--data", DATA, "-o", out / "x.galet")
    assert not (out / "x.galet").exists(), "a failed command left a result"
print("galet train holds")
