"""COCO average precision against pycocotools, VOC's against a plain transcription of the rules: generated cases (crowds, empty images, ties, all sizes, classes
without objects, more than 100 detections) and detections on the real boxes of bccd where GALET_DATA has it. Every number within 1e-4."""
import contextlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
except ImportError as missing:
    print(f"SKIPPED coco_ap_test: {missing}; ./dev setup installs it")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = pathlib.Path(os.environ.get("GALET_BUILD", ROOT / "build")) / "detection_ap"


def near(rng, box, spread):
    x, y, w, h = box
    return [float(np.float32(v)) for v in (x + rng.normal(0, spread * w), y + rng.normal(0, spread * h), w * rng.uniform(1 - spread, 1 + spread), h * rng.uniform(1 - spread, 1 + spread))]


def score(rng, case):
    if case % 4 == 1:
        return float(rng.integers(0, 4)) / 4  # ties
    if case % 4 == 2:
        return 0.5  # nothing but ties
    return float(np.float32(rng.uniform()))


def generate(seed):
    """Annotations and results. Boxes are whole pixels in every third case, so that overlaps are exactly on the thresholds now and then."""
    rng = np.random.default_rng(seed)
    images, annotations, results = [], [], []
    classes = [3, 1, 90, 7][: 1 + seed % 4]
    for image in range(int(rng.integers(1, 12))):
        images.append({"id": 5 + 3 * image, "file_name": f"{image}.jpg", "width": 640, "height": 480})
        if seed % 5 == 0 and image % 3 == 0:
            continue  # an image with nothing in it
        crowded = 130 if seed == 7 and image == 1 else 0
        for _ in range(int(rng.integers(0, 12)) + crowded):
            size = float(rng.choice([8, 20, 32, 50, 96, 200]))
            box = [float(rng.integers(0, 400)), float(rng.integers(0, 300)), size + float(rng.integers(0, 9)), size + float(rng.integers(0, 9))]
            if seed % 3:
                box = [float(np.float32(v + rng.uniform(0, 0.9))) for v in box]
            crowd = int(seed % 2 == 0 and rng.uniform() < 0.15)
            area = box[2] * box[3] * (1 if seed % 3 == 0 else float(rng.uniform(0.4, 1)))
            category = int(rng.choice(classes))
            annotations.append({"id": len(annotations) + 1, "image_id": images[-1]["id"], "category_id": category, "bbox": box, "area": area, "iscrowd": crowd})
            for _ in range(int(rng.integers(0, 3)) + (4 if crowd else 0)):
                found = near(rng, box, rng.choice([0.02, 0.1, 0.3])) if seed % 3 else [box[0] + float(rng.integers(-3, 4)), box[1] + float(rng.integers(-3, 4)), box[2], box[3]]
                label = category if rng.uniform() < 0.85 else int(rng.choice(classes))
                results.append({"image_id": images[-1]["id"], "category_id": label, "bbox": found, "score": score(rng, seed)})
        for _ in range(int(rng.integers(0, 6))):
            results.append({"image_id": images[-1]["id"], "category_id": int(rng.choice(classes)), "bbox": [float(v) for v in rng.integers(1, 300, 4)], "score": score(rng, seed)})
    if not results:
        results.append({"image_id": images[0]["id"], "category_id": classes[0], "bbox": [1.0, 2.0, 30.0, 40.0], "score": 0.5})
    return {"info": {}, "images": images, "annotations": annotations, "categories": [{"id": c, "name": str(c)} for c in classes]}, results


def pycocotools_numbers(truth, results):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return list(evaluation.stats)


def iou(a, b):
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return w * h / (a[2] * a[3] + b[2] * b[3] - w * h) if w > 0 and h > 0 else 0.0


def voc_numbers(truth, results):
    """Both rules, written down once more, in plain numpy."""
    points, areas = [], []
    for category in truth["categories"]:
        objects = [a for a in truth["annotations"] if a["category_id"] == category["id"]]
        n = sum(1 for a in objects if not a["iscrowd"])
        if n == 0:
            continue
        order = {image["id"]: i for i, image in enumerate(sorted(truth["images"], key=lambda image: image["id"]))}
        ranked = sorted((r for r in results if r["category_id"] == category["id"]), key=lambda r: (-np.float32(r["score"]), order[r["image_id"]]))
        taken, hits = set(), []
        for one in ranked:
            best, match = 0.0, None
            for a in objects:
                if a["image_id"] == one["image_id"] and iou(one["bbox"], a["bbox"]) > best:
                    best, match = iou(one["bbox"], a["bbox"]), a
            if match is not None and best >= 0.5 and match["iscrowd"]:
                continue
            hit = match is not None and best >= 0.5 and match["id"] not in taken
            if hit:
                taken.add(match["id"])
            hits.append(hit)
        right = np.cumsum(hits) if hits else np.zeros(0)
        recall, precision = right / n, right / np.arange(1, len(hits) + 1)
        points.append(np.mean([precision[recall >= t / 10].max(initial=0) for t in range(11)]))
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        areas.append(float(np.sum(np.diff(recall, prepend=0) * envelope)))
    return [float(np.mean(points)), float(np.mean(areas))] if points else [-1.0, -1.0]


def compare(folder, spec, truth, results, what):
    file = folder / "results.json"
    file.write_text(json.dumps(results))
    run = subprocess.run([TOOL, spec, file], text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    found = [float(line) for line in run.stdout.split()]
    wanted = pycocotools_numbers(truth, results) + voc_numbers(truth, results)
    difference = max(abs(a - b) for a, b in zip(found, wanted, strict=True))
    assert difference <= 1e-4, f"{what}: {found}\nwanted {wanted}"
    return difference, found


def voc_as_coco(root, split):
    """The boxes of a VOC folder as galet reads them, as COCO annotations."""
    import xml.etree.ElementTree as tree

    images, annotations = [], []
    files = sorted((root / "Annotations").glob("*.xml"))
    names = sorted({o.findtext("name") for f in files for o in tree.parse(f).iter("object")})
    for i, name in enumerate((root / f"ImageSets/Main/{split}.txt").read_text().split()):
        images.append({"id": i, "file_name": f"{name}.jpg"})
        for o in tree.parse(root / "Annotations" / f"{name}.xml").iter("object"):
            x0, y0, x1, y1 = (float(o.findtext(f"bndbox/{k}")) for k in ("xmin", "ymin", "xmax", "ymax"))
            box = [max(x0 - 1, 0), max(y0 - 1, 0), x1 - max(x0 - 1, 0), y1 - max(y0 - 1, 0)]
            annotations.append({"id": len(annotations) + 1, "image_id": i, "category_id": names.index(o.findtext("name")), "bbox": box, "area": box[2] * box[3], "iscrowd": 0})
    return {"info": {}, "images": images, "annotations": annotations, "categories": [{"id": i, "name": n} for i, n in enumerate(names)]}


def main():
    worst, counted = 0.0, 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for seed in range(40):
            truth, results = generate(seed)
            file = folder / "truth.json"
            file.write_text(json.dumps(truth))
            difference, found = compare(folder, f"coco:{file}", truth, results, f"case {seed}")
            worst, counted = max(worst, difference), counted + 1
        print(f"{counted} generated cases: largest difference {worst:.2e}")
        root = pathlib.Path(os.environ.get("GALET_DATA", "/nowhere")) / "bccd/BCCD"
        if not root.is_dir():
            print("SKIPPED bccd: there is no GALET_DATA/bccd/BCCD")
            return
        truth = voc_as_coco(root, "test")
        rng = np.random.default_rng(1)
        results = [{"image_id": a["image_id"], "category_id": a["category_id"], "bbox": near(rng, a["bbox"], 0.15), "score": float(np.float32(rng.uniform()))} for a in truth["annotations"] if rng.uniform() < 0.9]
        difference, found = compare(folder, f"voc:{root},split=test", truth, results, "bccd")
        print(f"bccd test, its own boxes shaken: AP {found[0]:.4f}, largest difference {difference:.2e}")


main()
