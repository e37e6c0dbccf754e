"""galet sweep and galet sensitivity from outside: tables, JSON, interrupts, resuming, hostile flags. On the repository's own model and data."""
import json
import pathlib
import signal
import subprocess
import tempfile
import time

from galet_cli import GALET, MODEL, ok, ok_json, refused, run

DATA, EVAL = "tidewrack:train,count=100", "tidewrack:test,count=30"

with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    state = out / "n.json"
    common = (MODEL, "--data", DATA, "--eval", EVAL, "--samples", 20, "--state", state)
    sweep = ok_json("sweep", "n_sigma", *common, "--sigma", "1,6")
    assert [p["label"] for p in sweep["points"]] == ["1 sigma, both", "6 sigma, both", "min_max, both", "percentile, both", "mse, both", "kl, both"]
    assert sweep["points"][0]["top1"] < sweep["points"][1]["top1"] and sweep["float"]["images"] == 30 and sweep["settings"]["model"] == MODEL.name
    assert json.loads(state.read_text()) == sweep, "the file and --json disagree"
    more = ok_json("sweep", "n_sigma", *common, "--sigma", "1,3,6")
    assert more["points"][0] == sweep["points"][0] and len(more["points"]) == 7, "what was known was measured again"
    assert "3 sigma" in ok("sweep", "n_sigma", *common, "--sigma", "3")
    refused(1, "another data set", "sweep", "n_sigma", *common, "--sigma", "1", "--limit", 10)
    refused(1, "another calibration", "sweep", "n_sigma", *common, "--sigma", "1", "--seed", 2)
    refused(1, "not of weight_bits", "sweep", "weight_bits", *common)
    refused(1, "expected a sensitivity", "sensitivity", *common)
    assert len(ok_json("sweep", "weight_bits", *common, "--fresh", "--bits", "2,8")["points"]) == 2

    for sigmas in ("", "x", "0", "-3", "nan", "1:2", "3:1:1", "1:2:0", "1:9:0.0001", "1e300"):
        refused(1, "", "sweep", "n_sigma", *common, "--fresh", "--sigma", sigmas)
    refused(2, "subcommand", "sweep")
    refused(2, "--apply", "sweep", "n_sigma", *common, "--apply", "nothing")
    refused(2, "--bits", "sensitivity", *common, "--bits", "1")
    refused(1, "cannot write", "sweep", "n_sigma", *common[:-1], "/nonexistent/x.json")
    refused(1, "not a file", "sweep", "n_sigma", *common[:-1], "/dev/full")
    refused(1, "damaged", "sweep", "n_sigma", *common[:-1], pathlib.Path(__file__))
    labels = out / "flat"
    ok("tidewrack", out / "classes", "--count", 10)
    labels.mkdir()
    for i, picture in enumerate(sorted((out / "classes").rglob("*.png"))[:3]):
        picture.rename(labels / f"{i}.png")
    bare = ok_json("sweep", "n_sigma", MODEL, "--data", f"folder:{labels}", "--sigma", "3", "--state", out / "bare.json")
    assert not bare["float"]["labelled"] and bare["float"]["images"] == 3 and "-" in ok("sweep", "n_sigma", MODEL, "--data", f"folder:{labels}", "--sigma", "3", "--state", out / "bare.json")

    # Ctrl-C between points keeps what there is, says so in one line, and the same command goes on.
    cut = out / "cut.json"
    arguments = [str(GALET), "sensitivity", str(MODEL), "--data", DATA, "--eval", "tidewrack:test,count=80", "--samples", "20", "--bits", "8,2", "--state", str(cut), "--json"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(3000):
        if cut.exists() or process.poll() is not None:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and stdout == "" and "the same command goes on" in stderr, (process.returncode, stderr)
    kept = json.loads(cut.read_text())
    assert 0 < len(kept["points"]) < 2 * len(kept["layers"]), "nothing was kept, or it was not interrupted"
    assert not [p for p in out.iterdir() if p.name.startswith("cut.json.")], "a temporary file was left"
    whole = ok_json(*arguments[1:-1])
    assert len(whole["points"]) == 2 * len(whole["layers"]) and all(p in whole["points"] for p in kept["points"]), "the kept points were not taken over"
    assert {"layer", "bits", "top1", "sqnr_db", "kl", "weights"} <= whole["points"][0].keys()
    for command in (("sweep",), ("sweep", "n_sigma"), ("sweep", "weight_bits"), ("sensitivity",)):
        assert "Example" in ok(*command, "--help"), command
print("studies keep their contract")
