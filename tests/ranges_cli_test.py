"""galet ranges, explain and lint_calibration: their contract, and figures worked out again by hand."""
import ast
import math
import pathlib
import struct
import tempfile

from galet_cli import MODEL, ok, ok_json, refused

TRAIN, TEST = "tidewrack:train,count=400", "tidewrack:test,count=100"


def ranges(out):
    found = ok_json("ranges", MODEL, "--data", TEST, "--samples", 20, "--sigma", "1,2.5", "--csv", out / "ranges.csv")
    assert found["images"] == 20 and found["footprint"]["float_bytes"] == 4 * found["footprint"]["int8_bytes"]
    assert {t["kind"] for t in found["tensors"]} == {"weight", "bias", "input", "activation"} and [s["n"] for s in found["tensors"][0]["sigmas"]] == [1, 2.5]
    assert len((out / "ranges.csv").read_text().splitlines()) == 1 + len(found["tensors"])
    assert any(t.get("codes") for t in ok_json("ranges", out / "a.galet", "--data", TEST, "--samples", 5)["tensors"])
    assert len(ok("ranges", MODEL, "--per", "channel")) > 3 * len(ok("ranges", MODEL))
    refused(2, "above 0", "ranges", MODEL, "--sigma", "0")
    refused(2, "above 0", "ranges", MODEL, "--sigma", "nan")
    refused(2, "channel", "ranges", MODEL, "--per", "pixel")
    refused(1, "cannot write", "ranges", MODEL, "--csv", "/nonexistent/ranges.csv")
    (out / "nothing").mkdir()
    refused(1, "nothing", "ranges", MODEL, "--data", f"folder:{out}/nothing")


def npy(path):
    """Shape and values of a C-ordered array of small integers."""
    raw = path.read_bytes()
    length = struct.unpack("<H", raw[8:10])[0]
    header = ast.literal_eval(raw[10:10 + length].decode())
    assert not header["fortran_order"]
    kind = {"|u1": "B", "|i1": "b", "<i4": "i"}[header["descr"]]
    return header["shape"], memoryview(raw[10 + length:]).cast(kind)


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def explain(out):
    """Every result of a convolution and of the linear layer from the printed numbers, in Python's integers and one rounded product."""
    for layer, stride in (("layer2.0.conv1", 2), ("layer1.0.conv2", 1)):
        found = ok_json("explain", out / "a.galet", layer, "--data", TEST, "--image", 3, "--channel", 5, "--codes", out / layer)
        (_, channels, height, width), src = npy(out / layer / "src.npy")
        (outs, ins, kh, kw), weight = npy(out / layer / "weight.npy")
        _, bias = npy(out / layer / "bias.npy")
        (_, _, rows, cols), dst = npy(out / layer / "dst.npy")
        assert ins == channels and kh == kw == 3
        zero, zero_dst = found["src"]["zero_point"], found["dst"]["zero_point"]
        padded = [[[0] * (width + 2) for _ in range(height + 2)] for _ in range(channels)]
        for c in range(channels):
            for y in range(height):
                for x in range(width):
                    padded[c][y + 1][x + 1] = src[(c * height + y) * width + x] - zero
        by_integers = 0
        for o in range(outs):
            # M by hand, from the scales: two float operations.
            m = f32(f32(found["src"]["scale"] * f32(found["weight_scales"][o])) / found["dst"]["scale"])
            assert m == f32(found["m"][o]), (layer, o, m, found["m"][o])
            multiplier, shift = found["multipliers"][o], found["shifts"][o]
            assert 2**30 <= multiplier < 2**31 and abs(multiplier / 2**shift - m) <= m * 2**-31
            for y in range(rows):
                for x in range(cols):
                    acc = bias[o]
                    for i in range(ins):
                        at = (o * ins + i) * 9
                        plane = padded[i]
                        for ky in range(3):
                            line = plane[y * stride + ky]
                            acc += line[x * stride] * weight[at + 3 * ky] + line[x * stride + 1] * weight[at + 3 * ky + 1] + line[x * stride + 2] * weight[at + 3 * ky + 2]
                    code = min(max(round(f32(f32(acc) * m)) + zero_dst, found["lo"]), found["hi"])
                    here = (o * rows + y) * cols + x
                    assert code == dst[here], (layer, o, y, x, code, dst[here])
                    by_integers += min(max(((acc * multiplier + 2**(shift - 1)) >> shift) + zero_dst, found["lo"]), found["hi"]) == code
        total = outs * rows * cols
        assert by_integers >= 0.999 * total, (layer, by_integers, total)
        print(f"{layer}: {total} codes reproduced from M; {total - by_integers} differ with multiplier and shift")

        worked = found["worked"]
        assert worked["code"] == worked["runtime_code"] == dst[worked["index"]] and worked["channel"] == 5
        assert sum((s - zero) * w for _, _, s, w in worked["products"]) == worked["sum"] == worked["accumulator"] - worked["bias"]
        assert len(worked["products"]) == ins * 9 and all(s == zero for i, _, s, _ in worked["products"] if i < 0)
        assert math.isclose(found["chain_product"], found["telescoped"], rel_tol=1e-9)
        assert math.isclose(math.prod(link["m"] for link in found["chain"]), found["telescoped"], rel_tol=1e-9)
        assert math.isclose(found["chain"][-1]["m"], found["m"][5], rel_tol=1e-6) and found["chain"][-1]["layer"] == layer
        assert found["src"]["origin"]["observer"] == "mse" and found["src"]["origin"]["samples"] == "64" and found["src"]["origin"]["seed"] == "1"
    text = ok("explain", out / "a.galet", "layer1.0.conv2", "--data", TEST)
    assert "(equal)" in text and "telescoped" in text and "observer mse over 64 images" in text
    assert "--data SPEC" in ok("explain", out / "a.galet", "layer1.0.conv2.weight")
    refused(1, "expected one of conv1", "explain", out / "a.galet", "nothing_like_it")
    refused(1, "quantize the network first", "explain", MODEL, "layer1.0.conv1")
    refused(1, "at run time", "explain", out / "d.galet", "layer1.0.conv1")
    refused(1, "channels 0 to 15", "explain", out / "a.galet", "layer1.0.conv1", "--channel", 16)
    refused(1, "rows 0 to 31", "explain", out / "a.galet", "layer1.0.conv1", "--data", TEST, "--at", "32,0")
    refused(1, "images 0 to 99", "explain", out / "a.galet", "layer1.0.conv1", "--data", TEST, "--image", 100)
    refused(2, "--data", "explain", out / "a.galet", "layer1.0.conv1", "--codes", out / "x")
    refused(2, "--at", "explain", out / "a.galet", "layer1.0.conv1", "--data", TEST, "--at", "1,2,3")
    refused(2, "required", "explain", out / "a.galet")


def lint(out):
    found = ok_json("lint_calibration", TEST, "--model", MODEL)
    assert found["images"] == 100 and {f["check"] for f in found["findings"]} == {"number", "balance", "duplicates", "brightness", "contrast", "colour", "sizes", "range"}
    assert found["exact_duplicates"] == 0 and found["sizes"] == [{"width": 32, "height": 32, "channels": 3, "images": 100}]
    assert "verdict:" in ok("lint-calibration", TEST)
    # The same pictures twice under other names.
    ok("tidewrack", out / "once", "--count", 60)
    for i, path in enumerate(sorted((out / "once").rglob("*.png"))):
        for name in ("a", "b"):
            (out / "twice" / path.parent.name).mkdir(parents=True, exist_ok=True)
            (out / "twice" / path.parent.name / f"{i}{name}.png").write_bytes(path.read_bytes())
    doubled = ok_json("lint_calibration", f"folder:{out}/twice")
    assert doubled["exact_duplicates"] == 60 and doubled["verdict"] == "bad" and doubled["duplicates"][0]["exact"], doubled
    moved = ok_json("lint_calibration", TRAIN, "--model", MODEL, "--sensitivity", "--numbers", "4,16,64", "--draws", 2, "--test", TEST)["sensitivity"]
    assert [d["samples"] for d in moved["draws"]] == [4, 4, 16, 16, 64, 64] and {"float_top1", "enough"} <= moved.keys()
    assert moved["draws"][4]["mean_change"] == 0 < moved["draws"][5]["mean_change"] < max(d["mean_change"] for d in moved["draws"][:2])
    assert all(0.5 < d["top1"] <= 1 for d in moved["draws"])
    refused(2, "--model", "lint_calibration", TEST, "--sensitivity")
    refused(1, "unknown observer", "lint_calibration", TEST, "--model", MODEL, "--sensitivity", "--observer", "best")
    refused(1, "quantized already", "lint_calibration", TRAIN, "--model", out / "a.galet", "--sensitivity")
    refused(1, "nothing", "lint_calibration", f"folder:{out}/nothing")


with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    ok("quantize", MODEL, "--data", TRAIN, "--samples", 64, "-o", out / "a.galet")
    ok("quantize", MODEL, "--mode", "dynamic", "-o", out / "d.galet")
    ranges(out)
    explain(out)
    lint(out)
    for command in ("ranges", "explain", "lint_calibration"):
        assert "Example" in ok(command, "--help"), f"{command} --help has no example"
print("ranges hold")
