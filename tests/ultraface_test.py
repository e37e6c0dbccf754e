"""UltraFace RFB-320 (GALET_SHARED_DATA/ultraface) through galet: imported with its decoding, made a detector, quantized; boxes of int8 against float on the ImageNet
sample, mean IoU at least 0.95. Arguments are handed to galet quantize instead of the flags that reach it."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GALET = pathlib.Path(os.environ.get("GALET_BUILD", ROOT / "build")) / "galet"
MODEL = pathlib.Path(os.environ.get("GALET_SHARED_DATA", ROOT / "../shared/data")) / "ultraface/version-RFB-320.onnx"
IMAGES = pathlib.Path(os.environ.get("GALET_DATA", ROOT / "build/data")) / "imagenet_sample"
if not MODEL.is_file() or not IMAGES.is_dir():
    print(f"SKIPPED ultraface_test: there is no {MODEL if not MODEL.is_file() else IMAGES}")
    sys.exit(77)
ABOUT = ["--mean", "0.498039216", "--std", "0.501960784", "--detections", "boxes=boxes,scores=scores,relative=1,background=1,score=0.3,iou=0.5,k=100"]


def galet(*arguments):
    done = subprocess.run([GALET, *map(str, arguments)], text=True, capture_output=True)
    assert done.returncode == 0, f"{arguments}: {done.stderr}"
    return done.stdout


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        galet("quantize", MODEL, *ABOUT, "--data", f"folder:{IMAGES}", "--samples", 256, "--seed", 1, *(sys.argv[1:] or ["--weights", "mse", "--correct-bias"]), "-o", folder / "int8.galet")
        real = json.loads(galet("detect", MODEL, *ABOUT, f"folder:{IMAGES}", "--score", 0.7))
        codes = json.loads(galet("detect", folder / "int8.galet", f"folder:{IMAGES}", "--score", 0.3))
        overlaps, missed, pictures = [], 0, 0
        for a, b in zip(real, codes, strict=True):
            pictures += bool(a["detections"])
            for one in a["detections"]:
                best = max((iou(one["box"], other["box"]) for other in b["detections"]), default=0.0)
                overlaps.append(best)
                missed += best < 0.5
        extra = sum(max((iou(one["box"], other["box"]) for other in a["detections"]), default=0.0) < 0.3 for a, b in zip(real, codes, strict=True) for one in b["detections"] if one["score"] >= 0.9)
        mean = sum(overlaps) / len(overlaps)
        found = [o for o in overlaps if o >= 0.5]
        print(f"{len(overlaps)} faces of score 0.7 in {pictures} of {len(real)} pictures: mean IoU int8 to float {mean:.4f} (of those found {sum(found) / len(found):.4f}), "
              f"{missed} missed, {extra} new ones of score 0.9")
        assert len(overlaps) > 50 and mean >= 0.95, mean


main()
