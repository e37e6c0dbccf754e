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
    ok("train", "--from", MODEL, "--data", "tidewrack:train,count=64", "--epochs", 1, "--lr", 0.001, "--batch", 32, "--compress", "-o", out / "small.galet")
    assert (out / "small.galet").stat().st_size < 0.95 * (out / "on.galet").stat().st_size, "--compress saved nothing"
    ok("evaluate", out / "small.galet", "--data", TEST, "--limit", 10)
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

    # Detectors: the figures of the training are those of the file, a stopped run goes on, and its network is tuned.
    scenes, others = "tidewrack_scenes:train,count=48,size=64", "tidewrack_scenes:test,count=16,size=64"
    detector = ["train", "--model", "centernet-mobilenet_v3_small", "--size", 64, "--data", scenes, "--test", others, "--threads", 1, "--batch", 8,
                "--optimizer", "adam", "--lr", 0.002, "--epochs", 2]
    report = ok_json(*detector, "-o", out / "scenes.galet")
    assert report["test"]["images"] == 16 and 0 <= report["test"]["ap"] <= report["test"]["ap50"] <= 1 and "accuracy" not in report, report
    rows = list(csv.DictReader((out / "scenes.csv").open()))
    assert len(rows) == 2 and float(rows[1]["loss"]) < float(rows[0]["loss"]) and "test_ap50" in rows[0], rows
    measured = ok_json("evaluate", out / "scenes.galet", "--data", others)
    assert abs(measured["ap50"] - report["test"]["ap50"]) < 0.01, (measured, report)
    process = subprocess.Popen([str(GALET), *map(str, detector), "-o", str(out / "again.galet")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    time.sleep(float(os.environ.get("GALET_TEST_PAUSE", 2)))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)
    if process.returncode != 0:
        ok(*detector, "--resume", "-o", out / "again.galet")
    assert (out / "again.galet").read_bytes() == (out / "scenes.galet").read_bytes(), "a resumed detector has other bytes"
    tuned = ok_json("tune", out / "scenes.galet", "--data", scenes, "--test", others, "--weights", "int8", "--activations", "int8", "--threads", 1,
                    "--batch", 8, "--lr", 0.0005, "--layer", "^(hm|wh|reg)=float/float", "-o", out / "scenes8.galet")
    assert tuned["ap"]["images"] == 16, tuned
    measured = ok_json("evaluate", out / "scenes8.galet", "--data", others)
    assert abs(measured["ap50"] - tuned["ap50"]["integer"]) < 0.01, (measured, tuned)
    for model in ("fcos", "retinanet"):
        ok("train", "--model", model, "--backbone", "mobilenet_v3_small", "--size", 64, "--data", "tidewrack_scenes:train,count=8,size=64", "--batch", 4, "--threads", 1,
           "--epochs", 1, "--lr", 0.001, *(["--assign", "atss", "--box-loss", "giou"] if model == "retinanet" else ["--head", "bn"]), "-o", out / f"{model}.galet")
    refused(1, "learns from boxes", *detector[:5], "--data", DATA, "-o", out / "y.galet")
    refused(2, "of detectors", *short, "--box-loss", "giou", "-o", out / "y.galet")
    refused(1, "unknown box loss", *detector, "--box-loss", "l7", "-o", out / "y.galet")
    refused(1, "belongs to anchors", *detector, "--assign", "atss", "-o", out / "y.galet")
    refused(1, "cannot be mixed", *detector, "--mixup", 0.2, "-o", out / "y.galet")
    refused(2, "of classifiers", *detector, "--label-smoothing", 0.1, "-o", out / "y.galet")
    refused(1, "knows 4 classes", *detector, "--classes", 4, "-o", out / "y.galet")
    refused(1, "multiples of 32", *detector[:3], "--size", 100, *detector[5:], "-o", out / "y.galet")
    refused(1, "zoom=2", *detector, "--augment", "zoom=2", "-o", out / "y.galet")
    assert not (out / "y.galet").exists(), "a failed command left a result"
print("galet train holds")
