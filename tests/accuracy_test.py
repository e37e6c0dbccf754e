"""Accuracy of the shared models: float as PyTorch measured it, static and dynamic int8 within the project's bounds, package sizes, no float islands,
memory of calibration that does not grow with the images. Runs build/galet as a user does."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

build = pathlib.Path(os.environ.get("GALET_BUILD", "build"))
shared = pathlib.Path(os.environ.get("GALET_SHARED_DATA", "../shared/data")) / "models"
data = pathlib.Path(os.environ.get("GALET_DATA", "build/data"))
cifar = ("cifar10_jpeg/train", "cifar10_jpeg/test")
squeezenet = ["--resize", "256", "--crop", "224", "--mean", "0.48235,0.45882,0.40784", "--std", "0.00392157,0.00392157,0.00392157"]
# model, calibration images, test images, flags, float top-1 (+-2), least int8 top-1, most package bytes
models = [
    ("resnet20_cifar10.onnx", *cifar, [], 4286, 4271, 290_000),
    ("resnet20_cifar10_batchnorm_op17.onnx", *cifar, [], 4286, 4271, 290_000),
    ("resnet56_cifar10.onnx", *cifar, [], 4156, 4136, 900_000),
    ("squeezenet1_1_imagenet.onnx", "imagenet_sample", "imagenet_sample", squeezenet, 296, 292, 1_300_000),
]


def galet(*arguments: object) -> dict:
    command = [str(build / "galet"), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)


def check_model(row: tuple, folder: pathlib.Path) -> list[str]:
    name, calibration, test, flags, float_top1, least, most_bytes = row
    wrong = []
    images = f"folder:{data / test}"
    found = galet("evaluate", shared / name, "--data", images, *flags)["top1_correct"]
    print(f"{name}: float {found}", flush=True)
    if abs(found - float_top1) > 2:
        wrong.append(f"{name}: float top-1 {found}, expected {float_top1} +- 2")
    for mode in ("static", "dynamic"):
        package = folder / f"{name}.{mode}.galet"
        quantized = galet("quantize", shared / name, "--mode", mode, "--data", f"folder:{data / calibration}", "--samples", 512, "--seed", 1, "-o", package, *flags)
        found = galet("evaluate", package, "--data", images)["top1_correct"]
        print(f"{name}: {mode} int8 {found}, {quantized['package_bytes']} bytes, {quantized['seconds']:.2f} s, {quantized['interior_dequantizes']} interior dequantizes", flush=True)
        if found < least:
            wrong.append(f"{name}: {mode} top-1 {found}, expected at least {least}")
        if quantized["package_bytes"] > most_bytes:
            wrong.append(f"{name}: {mode} package of {quantized['package_bytes']} bytes, expected at most {most_bytes}")
        if mode == "static" and quantized["interior_dequantizes"] != 0:
            wrong.append(f"{name}: {quantized['interior_dequantizes']} float islands, expected none")
    return wrong


def check_memory(folder: pathlib.Path) -> list[str]:
    wrong = []
    for observer in ("kl", "mse"):
        peaks = [
            galet("quantize", shared / "squeezenet1_1_imagenet.onnx", "--data", f"folder:{data / 'imagenet_sample'}", "--samples", samples, "--observer", observer,
                  "-o", folder / "memory.galet", *squeezenet)["peak_memory_bytes"]
            for samples in (50, 500)
        ]
        print(f"squeezenet, {observer}: peak memory {peaks[0]} bytes with 50 images, {peaks[1]} with 500", flush=True)
        if max(peaks) > 250e6 or abs(peaks[1] - peaks[0]) > 0.05 * peaks[0]:
            wrong.append(f"calibration with {observer}: peaks {peaks}, expected at most 250 MB and equal within 5 %")
    return wrong


def main() -> int:
    if not (build / "galet").exists():
        print(f"skipped: {build / 'galet'} is not built")
        return 77
    missing = [row for row in models if not all(p.exists() for p in (shared / row[0], data / row[1], data / row[2]))]
    for row in missing:
        print(f"skipped, not there: {row[0]} or its images (set GALET_SHARED_DATA and GALET_DATA)")
    if len(missing) == len(models):
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        wrong = [text for row in models if row not in missing for text in check_model(row, folder)]
        if models[-1] not in missing:
            wrong += check_memory(folder)
    print("\n".join(wrong) or "all figures hold")
    return 1 if wrong else 0


sys.exit(main())
