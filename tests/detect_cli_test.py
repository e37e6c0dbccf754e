"""galet detect and galet evaluate of a detector, as a user meets them: an ONNX network with boxes and scores, --detections, data sets with boxes, drawn pictures, JSON,
and one clear line for everything that is wrong."""
import base64
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from PIL import Image
except ImportError as missing:
    print(f"SKIPPED detect_cli_test: {missing}; ./dev setup installs it")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent
GALET = pathlib.Path(os.environ.get("GALET_BUILD", ROOT / "build")) / "galet"


def galet(*arguments, status=0):
    done = subprocess.run([GALET, *map(str, arguments)], text=True, capture_output=True)
    assert done.returncode == status, f"{arguments}: status {done.returncode}, expected {status}\n{done.stdout}{done.stderr}"
    if status:
        lines = [line for line in done.stderr.strip().splitlines() if not line.startswith("galet: note:")]
        assert len(lines) == 1, f"{arguments}: {done.stderr}"
        return lines[0]
    return done.stdout


def network(path, top=0.5, kernel=0):
    """Three boxes, fractions of the input, the last one's upper edge at `top`; the scores of class 1 are 0.9, 0.8 (covered by the first) and the picture's largest red."""
    boxes = np.array([[[0.1, 0.1, 0.5, 0.5], [0.12, 0.1, 0.5, 0.5], [0.5, top, 1.0, 0.9]]], np.float32)
    constant = np.array([[[0.1, 0.9], [0.2, 0.8]]], np.float32)
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["most"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Reshape", ["most", "shape"], ["one"]),
        helper.make_node("Concat", ["zero", "one"], ["row"], axis=2),
        helper.make_node("Concat", ["constant", "row"], ["scores"], axis=1),
        helper.make_node("Mul", ["one", "zero"], ["nothing"]),
        helper.make_node("Add", ["corners", "nothing"], ["boxes"]),
    ]
    values = {"shape": np.array([1, 1, 1], np.int64), "zero": np.zeros((1, 1, 1), np.float32), "constant": constant, "corners": boxes}
    if kernel:  # behind a convolution that changes nothing
        values["identity"] = np.zeros((3, 3, kernel, kernel), np.float32)
        for c in range(3):
            values["identity"][c, c, kernel // 2, kernel // 2] = 1
        nodes.insert(0, helper.make_node("Conv", ["x", "identity"], ["same"], pads=[kernel // 2] * 4))
        nodes[1].input[0] = "same"
    graph = helper.make_graph(nodes, "boxes", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 64, 64])],
                              [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("scores", "boxes")],
                              [numpy_helper.from_array(v, n) for n, v in values.items()])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


HEADS = "relative=1,background=1,score=0.05,iou=0.5"
FLAGS = ["--mean", "0", "--std", "1"]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        network(folder / "net.onnx")
        pictures = folder / "pictures"
        pictures.mkdir()
        Image.new("RGB", (200, 100), (255, 0, 0)).save(pictures / "red.png")
        Image.new("RGB", (20, 10), (0, 0, 0)).save(pictures / "black.png")
        (folder / "twin").mkdir()
        Image.new("RGB", (640, 480), (0, 0, 0)).save(folder / "twin" / "red.png")

        # detect: boxes in pixels of each picture, drawn pictures large enough to read, names that do not collide
        out = json.loads(galet("detect", folder / "net.onnx", pictures, folder / "twin/red.png", "-o", folder / "drawn", "--detections", HEADS, *FLAGS))
        assert [pathlib.Path(one["file"]).name for one in out] == ["black.png", "red.png", "red.png"]
        black, red, _ = out
        assert [round(v, 3) for v in black["detections"][0]["box"]] == [2, 1, 10, 5], black
        assert len(black["detections"]) == 1 and len(red["detections"]) == 2, out
        assert [round(v, 2) for v in red["detections"][0]["box"]] == [100, 50, 200, 90] and red["detections"][0]["score"] == 1
        assert sorted(p.name for p in (folder / "drawn").iterdir()) == ["black.png", "red.png", "red_1.png"]
        small = Image.open(folder / "drawn/black.png")
        assert small.size == (640, 320) and len(small.getcolors(1 << 20)) > 4, small.size
        assert Image.open(folder / "drawn/red_1.png").size == (640, 480)
        letterbox = json.loads(galet("detect", folder / "net.onnx", pictures / "red.png", "--letterbox", "--detections", HEADS, *FLAGS))
        assert [round(v, 2) for v in letterbox[0]["detections"][0]["box"]] == [100, 50, 200, 100], letterbox  # cut at the edge

        # a package keeps its heads; evaluation of a perfect detector
        galet("import", folder / "net.onnx", "-o", folder / "net.galet", "--detections", HEADS, *FLAGS)
        truth = {"images": [{"id": 1, "file_name": "red.png"}, {"id": 2, "file_name": "black.png"}], "categories": [{"id": 5, "name": "thing"}],
                 "annotations": [{"image_id": 1, "category_id": 5, "bbox": [20, 10, 80, 40]}, {"image_id": 1, "category_id": 5, "bbox": [100, 50, 100, 40]},
                                 {"image_id": 2, "category_id": 5, "bbox": [2, 1, 8, 4]}]}
        (folder / "truth.json").write_text(json.dumps(truth))
        spec = f"coco:{folder}/truth.json,images={pictures}"
        text = galet("evaluate", folder / "net.galet", "--data", spec, "--dump-detections", folder / "found.json")
        lines = text.splitlines()
        assert lines[0] == " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 1.000", text
        assert len([line for line in lines if "maxDets" in line]) == 12 and "thing" in text, text
        found = json.loads((folder / "found.json").read_text())
        assert len(found) == 3 and {one["category_id"] for one in found} == {5} and {one["image_id"] for one in found} == {1, 2}
        numbers = json.loads(galet("evaluate", folder / "net.galet", "--data", spec, "--json", "--record"))
        assert abs(numbers["ap"] - 1) < 1e-9 and numbers["ap_large"] == -1 and abs(numbers["voc_ap50_area"] - 1) < 1e-9, numbers
        assert "measured.ap" in galet("inspect", folder / "net.galet")

        # two forms: what became of the boxes, with and without known objects, and a page that shows where they disagree
        network(folder / "other.onnx", top=0.6)
        flags = ["--detections", HEADS, *FLAGS, "--threads", 1]
        found = json.loads(galet("compare", folder / "net.onnx", folder / "other.onnx", "--data", spec, *flags, "--json", "--report", folder / "two.html", "--png", folder / "plots"))["detections"]
        assert (found["pairs"], found["lost"], found["gained"]) == (3, 0, 0) and abs(found["mean_iou"] - 2.75 / 3) < 1e-6, found
        assert abs(found["ap"][0] - 1) < 1e-9 and found["ap50"] == found["ap"][:1] * 2 and found["ap"][1] == found["ap_against_first"] < 0.9, found
        page = (folder / "two.html").read_text()
        shown = base64.b64decode(re.search('src="data:image/png;base64,([^"]*)"', page)[1])
        assert shown == (folder / "plots/detections_worst_1.png").read_bytes() and Image.open(io.BytesIO(shown)).size == (848, 210)
        assert page.count("data:image/png") == 1 and "red.png: 2 boxes alike, 0 lost, 0 new" in page, "only the picture on which they differ"
        text = galet("compare", folder / "net.galet", folder / "other.onnx", "--data", f"folder:{pictures}", "--detections", HEADS, *FLAGS, status=1)
        assert "ready to run" in text
        galet("import", folder / "other.onnx", "-o", folder / "other.galet", "--detections", HEADS, *FLAGS)
        assert "3 alike (mean IoU 0.917), 0 lost, 0 new" in galet("compare", folder / "net.galet", folder / "other.galet", "--data", f"folder:{pictures}")
        assert "3 alike" in galet("compare", folder / "net.onnx", folder / "other.galet", "--data", f"folder:{pictures}", "--detections", HEADS, *FLAGS)
        galet("evaluate", folder / "net.galet", "--data", spec, "--csv", folder / "numbers")
        assert "thing,100" in (folder / "numbers/detections_classes.csv").read_text()

        # a compressed package stays compressed when a result is kept in it
        network(folder / "conv.onnx", kernel=15)
        galet("quantize", folder / "conv.onnx", "--data", f"folder:{pictures}", "--detections", HEADS, *FLAGS, "--compress", "-o", folder / "small.galet")
        assert "range" in galet("inspect", folder / "small.galet", "--bytes")
        galet("evaluate", folder / "small.galet", "--data", spec, "--record")
        kept = galet("inspect", folder / "small.galet", "--bytes")
        assert "range" in kept and "measured.ap" in kept, kept

        # what is wrong, in one line
        assert "no output is called \"box\"" in galet("detect", folder / "net.onnx", pictures, "--detections", "boxes=box", status=1)
        assert "is no detector" in galet("detect", folder / "net.onnx", pictures, status=1)
        assert "no such file" in galet("detect", folder / "net.galet", folder / "gone.png", status=1)
        assert "says nothing of boxes" in galet("evaluate", folder / "net.galet", "--data", f"folder:{pictures}", status=1)
        assert "for classifiers" in galet("evaluate", folder / "net.galet", "--data", spec, "--dump-outputs", folder / "x.npy", status=2)
        assert "ready to run" in galet("detect", folder / "net.galet", pictures, "--detections", HEADS, status=1)
        (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 30)
        assert "bad.png" in galet("detect", folder / "net.galet", folder / "bad.png", status=1)
        (folder / "file").write_text("x")
        assert "file" in galet("detect", folder / "net.galet", pictures, "-o", folder / "file", status=1)
        if pathlib.Path("/dev/full").exists():
            with open("/dev/full", "w") as full:
                done = subprocess.run([GALET, "detect", folder / "net.galet", pictures], stdout=full, stderr=subprocess.PIPE, text=True)
            assert done.returncode == 1, done.stderr
    print("detect and evaluate hold")


main()
