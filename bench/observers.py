"""Which observer? Quantizes the shared models with each and prints a table of top-1 (the one in docs/results.md, "Observers").

    python3 bench/observers.py [--galet build/galet] [--shared ../shared/data/models] [--data build/data] [--seeds 1,2,3] [--only resnet20]
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

OBSERVERS = ["min_max", "percentile:99.9999", "percentile:99.999", "percentile:99.99", "percentile:99.9", "mse", "kl", "n_sigma:3", "n_sigma:6", "n_sigma:10"]
SQUEEZENET = ["--resize", "256", "--crop", "224", "--mean", "0.48235,0.45882,0.40784", "--std", "0.00392157,0.00392157,0.00392157"]
MODELS = [
    ("resnet20_cifar10.onnx", "cifar10_jpeg/train", "cifar10_jpeg/test", []),
    ("resnet56_cifar10.onnx", "cifar10_jpeg/train", "cifar10_jpeg/test", []),
    ("squeezenet1_1_imagenet.onnx", "imagenet_sample", "imagenet_sample", SQUEEZENET),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--galet", default="build/galet")
    parser.add_argument("--shared", type=pathlib.Path, default="../shared/data/models")
    parser.add_argument("--data", type=pathlib.Path, default="build/data")
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--samples", default="512")
    parser.add_argument("--only", default="")
    flags = parser.parse_args()
    models = [model for model in MODELS if model[0].startswith(flags.only)]

    def galet(*arguments: object) -> dict:
        return json.loads(subprocess.run([flags.galet, *map(str, arguments), "--json"], check=True, capture_output=True, text=True).stdout)

    def top1(model: tuple, *how: str) -> int:
        name, train, test, preprocessing = model
        with tempfile.TemporaryDirectory() as folder:
            package = pathlib.Path(folder, "model.galet")
            galet("quantize", flags.shared / name, "--data", f"folder:{flags.data / train}", "--samples", flags.samples, *how, "-o", package, *preprocessing)
            return galet("evaluate", package, "--data", f"folder:{flags.data / test}")["top1_correct"]

    print("| observer | " + " | ".join(model[0].split("_")[0] for model in models) + " |")
    print("|---|" + "---|" * len(models))
    floats = [galet("evaluate", flags.shared / name, "--data", f"folder:{flags.data / test}", *preprocessing)["top1_correct"] for name, _, test, preprocessing in models]
    print("| float | " + " | ".join(map(str, floats)) + " |", flush=True)
    for observer in OBSERVERS:
        cells = [" / ".join(str(top1(model, "--observer", observer, "--seed", seed)) for seed in flags.seeds.split(",")) for model in models]
        print(f"| {observer} | " + " | ".join(cells) + " |", flush=True)
    print("| dynamic | " + " | ".join(str(top1(model, "--mode", "dynamic")) for model in models) + " |")


main()
