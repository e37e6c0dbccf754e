"""Real images as float tensors: the same array for every engine, and another one to calibrate on."""
import pathlib

import numpy as np
from PIL import Image

IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
CAFFE = ([0.48235, 0.45882, 0.40784], [0.00392157] * 3)  # the shared SqueezeNet's
CALIBRATION, EVALUATION = 64, 500


def imagenet(data: pathlib.Path):
    """(path, label) of the sample."""
    folder = data / "imagenet_sample"
    lines = [line.split() for line in (folder / "labels.txt").read_text().splitlines()]
    return [(folder / name, int(label)) for name, label in lines]


def cifar10(data: pathlib.Path, split: str):
    folder = data / "cifar10_jpeg" / split
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    return [(path, label) for label, of_class in enumerate(classes) for path in sorted(of_class.iterdir())]


def tensor(path: pathlib.Path, size: int, normalization) -> np.ndarray:
    """(3, size, size): short side to size * 8 / 7, centre, RGB / 255, (x - mean) / deviation; CIFAR's pictures as they are."""
    image = Image.open(path).convert("RGB")
    if image.size != (size, size):
        short = size * 8 // 7
        scale = short / min(image.size)
        image = image.resize([round(extent * scale) for extent in image.size], Image.Resampling.BILINEAR)
        left, top = ((extent - size) // 2 for extent in image.size)
        image = image.crop((left, top, left + size, top + size))
    mean, deviation = (np.asarray(v, np.float32) for v in normalization)
    return ((np.asarray(image, np.float32) / 255 - mean) / deviation).transpose(2, 0, 1)


def write(folder: pathlib.Path, data: pathlib.Path, size: int, caffe: bool) -> dict:
    """Writes calibration and evaluation arrays (disjoint; every image drawn by a fixed seed); returns their paths and the labels."""
    stem = f"images_{size}{'_caffe' if caffe else ''}"
    paths = {which: folder / f"{stem}_{which}.npy" for which in ("calibration", "evaluation", "labels")}
    if not all(path.exists() for path in paths.values()):
        rng = np.random.default_rng(1)
        if size == 32:
            train, test = cifar10(data, "train"), cifar10(data, "test")
            calibration = [train[i] for i in rng.permutation(len(train))[:CALIBRATION]]
            evaluation = [test[i] for i in rng.permutation(len(test))[:EVALUATION]]
        else:
            every = imagenet(data)
            order = rng.permutation(len(every))
            calibration, evaluation = [every[i] for i in order[:CALIBRATION]], [every[i] for i in order[CALIBRATION : CALIBRATION + EVALUATION]]
        for which, chosen in (("calibration", calibration), ("evaluation", evaluation)):
            np.save(paths[which], np.stack([tensor(path, size, CAFFE if caffe else IMAGENET) for path, _ in chosen]))
        np.save(paths["labels"], np.array([label for _, label in evaluation]))
    return paths
