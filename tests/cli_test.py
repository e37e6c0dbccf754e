"""The command line's contract on the repository's own model and data: JSON fields, exit statuses, errors, determinism."""
import filecmp
import pathlib
import subprocess
import tempfile

from galet_cli import GALET, MODEL, ok, ok_json, refused, run

TRAIN, TEST = "tidewrack:train,count=400", "tidewrack:test,count=100"

with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    inspected = ok_json("inspect", MODEL)
    assert {"parameters", "macs", "bytes", "layers"} <= inspected.keys() and inspected["parameters"] > 200_000 and inspected["macs"] > 30_000_000

    report = ok_json("quantize", MODEL, "--data", TRAIN, "--samples", 64, "-o", out / "a.galet")
    assert {"package_bytes", "float_bytes", "seconds", "peak_memory_bytes", "observer", "samples"} <= report.keys(), report
    assert report["samples"] == 64 and report["package_bytes"] == (out / "a.galet").stat().st_size and report["interior_dequantizes"] == 0
    ok("quantize", MODEL, "--data", TRAIN, "--samples", 64, "--threads", 1, "-o", out / "b.galet")
    assert filecmp.cmp(out / "a.galet", out / "b.galet", shallow=False), "the same inputs gave other bytes"
    ok("quantize", MODEL, "--mode", "dynamic", "-o", out / "d.galet")

    for model in (MODEL, out / "a.galet", out / "d.galet"):
        accuracy = ok_json("evaluate", model, "--data", TEST)
        assert {"images", "top1_correct", "top1", "top5", "seconds", "images_per_second"} <= accuracy.keys()
        assert accuracy["images"] == 100 and accuracy["top1"] > 0.8, accuracy
    assert ok_json("evaluate", MODEL, "--data", TEST, "--limit", 7)["images"] == 7

    ok("evaluate", out / "a.galet", "--data", TEST, "--record")
    assert "of 100" in ok_json("inspect", out / "a.galet")["metadata"]["measured.top1"], "the result was not kept"
    refused(2, "--record", "evaluate", MODEL, "--data", TEST, "--record")

    dumps = []
    for isa in ("reference", "avx2", "avx512", "avx512vnni"):
        dump = out / f"{isa}.npy"
        done = run("evaluate", out / "a.galet", "--data", TEST, "--limit", 20, "--dump-outputs", dump, "--dump-integers", "--threads", 2, env={"GALET_FORCE_ISA": isa})
        if done.returncode != 0:
            assert "this machine does not have it" in done.stderr, done.stderr
            continue
        dumps.append(dump.read_bytes())
    assert len(set(dumps)) == 1, "instruction sets disagree"

    compared = ok_json("compare", MODEL, out / "a.galet", "--data", TEST, "--images", 20)
    assert compared["images"] == 20 and compared["agreement"] >= 0.9 and len(compared["layers"]) > 15 and {"name", "sqnr_db"} <= compared["layers"][0].keys()

    rows = ok_json("bench", out / "a.galet", "--threads", "1,2", "--seconds", 0.1, "--layers")
    assert [row["threads"] for row in rows] == [1, 2]
    assert {"threads", "median_ms", "p5_ms", "p95_ms", "load_ms", "peak_memory_bytes", "isa"} <= rows[0].keys() and rows[0]["layers"]
    assert {"share", "peak_percent", "roof_percent", "kind", "why"} <= rows[0]["layers"][0].keys() and rows[0]["kinds"] and rows[0]["machine"]["reads"]
    rows = ok_json("bench", out / "a.galet", "--images", "1,4", "--seconds", 0.05)
    assert [row["images"] for row in rows] == [1, 4] and rows[1]["median_ms"] > 1.5 * rows[0]["p5_ms"]
    machines = ok_json("bench", "--machine", "--threads", "1,2")
    assert [m["threads"] for m in machines] == [1, 2] and all(m["dot_i8_gmac_per_s"] > 0 and m["clock_ghz"] > 0 for m in machines)

    ok("tidewrack", out / "pictures", "--count", 10)
    picture = sorted((out / "pictures").rglob("*.png"))[0]
    top = ok_json("run", out / "a.galet", picture, "--top", 3)["top"]
    assert len(top) == 3 and top[0]["probability"] >= top[1]["probability"] and isinstance(top[0]["label"], str)
    ok("export", out / "a.galet", "-o", out / "a.onnx")

    # Wrong usage: 2. Everything else that a file, a flag or a machine can cause: 1.
    refused(2, "required", "quantize", MODEL)
    refused(2, "images", "quantize", MODEL, "-o", out / "x.galet")
    refused(2, "subcommand", )
    refused(2, "nosuch", "inspect", MODEL, "--nosuch")
    refused(2, "--dump-outputs", "evaluate", MODEL, "--data", TEST, "--dump-integers")
    refused(1, "observer", "quantize", MODEL, "--data", TRAIN, "--observer", "median", "-o", out / "x.galet")
    refused(1, "cannot open", "inspect", out / "missing.onnx")
    refused(1, "missing", "evaluate", MODEL, "--data", f"folder:{out}/missing")
    refused(1, "GALET_FORCE_ISA", "bench", MODEL, env={"GALET_FORCE_ISA": "mmx"})
    refused(1, "cannot write", "quantize", MODEL, "--mode", "dynamic", "-o", "/nonexistent/x.galet")
    refused(1, "crop", "evaluate", MODEL, "--data", TEST, "--crop", "wide")
    refused(1, "preprocessing", "evaluate", out / "a.galet", "--data", TEST, "--mean", "0,0,0")
    refused(1, "nothing_like_it", "quantize", MODEL, "--data", TRAIN, "--keep-float", "nothing_like_it", "-o", out / "x.galet")
    assert not (out / "x.galet").exists(), "a failed command left a file"

    # Damaged files: one line, no crash.
    whole = (out / "a.galet").read_bytes()
    for name, data in {"cut.galet": whole[:1000], "empty.galet": b"", "text.onnx": b"hello", "cut.onnx": MODEL.read_bytes()[:50_000], "flip.galet": whole[:5000] + b"\xff" + whole[5001:]}.items():
        (out / name).write_bytes(data)
        done = run("inspect", out / name)
        assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, (name, done)
    if pathlib.Path("/dev/full").exists():
        with open("/dev/full", "w") as full:
            assert subprocess.run([GALET, "inspect", MODEL], stdout=full, stderr=subprocess.DEVNULL).returncode == 1, "a full disk went unnoticed"

    for command in ("import", "inspect", "quantize", "evaluate", "compare", "run", "bench", "export", "tidewrack"):
        assert "Example" in ok(command, "--help"), f"{command} --help has no example"
print("the command line keeps its contract")
