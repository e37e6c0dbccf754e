"""The figures that the first issue names, on the shared checkpoints and data sets, through the command line: float import, static and dynamic int8, bytes, memory, same bits.

Skips (status 77), naming what is missing, where the shared data is not there. Prints each figure; fails on one out of bounds.
"""
import json
import os
import pathlib
import sys
import tempfile

from galet_cli import ok, ok_json

MODELS = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data")) / "models"
DATA = pathlib.Path(os.environ.get("GALET_DATA", "build/data"))
CIFAR_TRAIN, CIFAR_TEST = f"folder:{DATA}/cifar10_jpeg/train", f"folder:{DATA}/cifar10_jpeg/test"
IMAGENET = f"folder:{DATA}/imagenet_sample"
SQUEEZENET_FLAGS = ["--resize", 256, "--crop", 224, "--mean", "0.48235,0.45882,0.40784", "--std", "0.00392157"]
wrong = []


def check(what, figure, bound, good):
    print(f"{'ok  ' if good else 'FAIL'} {what}: {figure} (wanted {bound})", flush=True)
    if not good:
        wrong.append(what)


def correct(model, data, *flags, env=None):
    return ok_json("evaluate", model, "--data", data, *flags, env=env)["top1_correct"]


def main():
    missing = [str(path) for path in (MODELS / "resnet20_cifar10.onnx", DATA / "cifar10_jpeg/test", DATA / "imagenet_sample") if not path.exists()]
    if missing:
        print("SKIPPED figures_test: missing " + ", ".join(missing))
        sys.exit(77)
    out = pathlib.Path(tempfile.mkdtemp())
    cases = {  # name: (file, test data, flags, float correct, int8 at least, calibration data)
        "resnet20": ("resnet20_cifar10.onnx", CIFAR_TEST, [], 4286, 4271, CIFAR_TRAIN),
        "resnet56": ("resnet56_cifar10.onnx", CIFAR_TEST, [], 4156, 4136, CIFAR_TRAIN),
        "squeezenet": ("squeezenet1_1_imagenet.onnx", IMAGENET, SQUEEZENET_FLAGS, 296, 292, IMAGENET),
    }
    figure = correct(MODELS / "resnet20_cifar10_batchnorm_op17.onnx", CIFAR_TEST)
    check("resnet20 with batch norm, float", figure, "4286 within 2", abs(figure - 4286) <= 2)
    for name, (file, test, flags, float_correct, at_least, train) in cases.items():
        figure = correct(MODELS / file, test, *flags)
        check(f"{name} float", figure, f"{float_correct} within 2", abs(figure - float_correct) <= 2)
        for mode in ("static", "dynamic"):
            package = out / f"{name}_{mode}.galet"
            report = ok_json("quantize", MODELS / file, *flags, "--data", train, "--samples", 512, "--seed", 1, "--mode", mode, "-o", package)
            figure = correct(package, test)
            check(f"{name} int8 {mode}", figure, f">= {at_least}", figure >= at_least)
            if mode == "static":
                check(f"{name} interior dequantize", report["interior_dequantizes"], "0", report["interior_dequantizes"] == 0)
                print(f"     {name} quantize: {report['seconds']:.1f} s, peak {report['peak_memory_bytes'] / 1e6:.0f} MB, {report['package_bytes']:,} bytes, {report['observer']}", flush=True)
    bytes20, bytes_squeeze = (out / "resnet20_static.galet").stat().st_size, (out / "squeezenet_static.galet").stat().st_size
    check("resnet20 bytes", bytes20, "<= 290,000", bytes20 <= 290_000)
    check("squeezenet bytes", bytes_squeeze, "<= 1,300,000", bytes_squeeze <= 1_300_000)

    again = out / "again.galet"
    ok("quantize", MODELS / "resnet20_cifar10.onnx", "--data", CIFAR_TRAIN, "--samples", 512, "--seed", 1, "-o", again)
    check("second run writes the same bytes", again.read_bytes() == (out / "resnet20_static.galet").read_bytes(), "True", again.read_bytes() == (out / "resnet20_static.galet").read_bytes())

    for observer in ("kl", "mse"):
        peaks = [
            ok_json("quantize", MODELS / "squeezenet1_1_imagenet.onnx", *SQUEEZENET_FLAGS, "--data", IMAGENET, "--samples", n, "--observer", observer, "-o", out / "memory.galet")["peak_memory_bytes"]
            for n in (50, 500)
        ]
        check(f"squeezenet {observer} peak memory, 50 and 500 images", [f"{p / 1e6:.1f} MB" for p in peaks], "<= 250 MB, within 5 %", max(peaks) <= 250e6 and max(peaks) <= 1.05 * min(peaks))

    for name, (file, test, flags, *_rest) in cases.items():
        dumps = set()
        runs = [(isa, 2) for isa in ("avx2", "avx512", "avx512vnni")] + [("", 1), ("", 5)]
        for isa, threads in runs:
            dump = out / "dump.npy"
            ok("evaluate", out / f"{name}_static.galet", "--data", test, "--limit", 500, "--threads", threads, "--dump-outputs", dump, "--dump-integers", env={"GALET_FORCE_ISA": isa})
            dumps.add(dump.read_bytes())
        check(f"{name}: same bits on 500 images for {len(runs)} instruction sets and thread counts", len(dumps), "1", len(dumps) == 1)
    print(json.dumps({"failed": wrong}))
    sys.exit(bool(wrong))


main()
