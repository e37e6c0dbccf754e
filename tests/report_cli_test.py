"""--report, --csv and --png on every measuring command: files are whole or not at all, the same inputs give the same bytes, hostile places are refused at once."""
import csv
import json
import pathlib
import re
import tempfile

from galet_cli import MODEL, ok, ok_json, refused, run

TRAIN, TEST = "tidewrack:train,count=60", "tidewrack:test,count=20"


def section_ids(page):
    return re.findall(r'<section id="(\w+)"', page)


with tempfile.TemporaryDirectory() as folder:
    out = pathlib.Path(folder)
    if "built without Chart.js" in run("inspect", MODEL, "--report", out / "probe.html").stderr:
        print("SKIPPED in part: this galet was built without Chart.js (Debian package libjs-chart.js), so no HTML was tested")
        raise SystemExit(77)
    ok("quantize", MODEL, "--data", TRAIN, "--samples", 20, "-o", out / "a.galet", "--report", out / "quantize.html")
    data = ("--data", TRAIN, "--eval", TEST, "--samples", 20)
    commands = {
        "inspect": (("inspect", MODEL), {"summary", "bytes", "reproduce"}),
        "evaluate": (("evaluate", out / "a.galet", "--data", TEST), {"summary", "bytes", "reproduce"}),
        "compare": (("compare", MODEL, out / "a.galet", "--data", TEST, "--images", 5), {"summary", "layer_error", "reproduce"}),
        "bench": (("bench", out / "a.galet", "--seconds", 0.05, "--layers"), {"summary", "time", "reproduce"}),
        "ranges": (("ranges", MODEL, "--data", TEST, "--samples", 10), {"ranges", "reproduce"}),
        "sweep": (("sweep", "weight_bits", MODEL, *data, "--bits", "2,8", "--state", out / "b.json"), {"sweep", "reproduce"}),
        "sensitivity": (("sensitivity", MODEL, *data, "--bits", "2", "--limit", 5, "--state", out / "s.json"), {"sensitivity", "reproduce"}),
    }
    for name, (command, sections) in commands.items():
        printed = ok(*command, "--report", out / f"{name}.html", "--date", "a day")
        assert printed, name
        page = (out / f"{name}.html").read_text()
        assert sections <= set(section_ids(page)), (name, section_ids(page))
        assert "a day" in page and f"galet {name}" in page and page.rstrip().endswith("</html>"), name
    assert "remarks" in section_ids((out / "quantize.html").read_text()), "the decisions are missing"

    # The same inputs give the same bytes, in every format; a report of one form and of two.
    for i in (1, 2):
        ok("report", out / "a.galet", *data, "--float", MODEL, "--no-time", "--with", out / "b.json", "--with", out / "s.json", "-o", out / "r.html", "--csv", out / "csv", "--png", out / "png")
        files = {p.relative_to(out): p.read_bytes() for p in [out / "r.html", *(out / "csv").iterdir(), *(out / "png").iterdir()]}
        if i == 2:
            assert files == before, [str(p) for p in files if files[p] != before.get(p)]
        before = files
    # The float form's histograms carry the ends of the integer form's codes: each activation's clip marks are within a step of a scale.
    both = ok_json("report", MODEL, *data, "--no-time")
    charts = [c for s in both["sections"] for c in s["charts"] if c["id"].startswith("histogram_")]
    marked = [c for c in charts if any(m["label"] == "clip" for m in c.get("marks", []))]
    assert len(marked) >= 20, len(marked)
    assert {"summary", "layer_error", "ranges", "sweep", "sensitivity", "bytes", "remarks", "reproduce"} <= set(section_ids((out / "r.html").read_text()))
    rows = list(csv.reader((out / "csv" / "sweep_weight_bits.csv").open(newline="")))
    assert rows[0][0] == "point" and rows[1][0] == "float" and len({len(r) for r in rows}) == 1, rows
    parsed = ok_json("report", out / "a.galet", *data, "--no-time")
    models = next(t for s in parsed["sections"] for t in s["tables"] if t["id"] == "models")
    assert len(models["rows"]) == 1 and models["rows"][0][0] == "int8", models
    assert all(len(r) == len(t["columns"]) for s in parsed["sections"] for t in s["tables"] for r in t["rows"])

    # One image, no labels, a network without labels.
    ok("tidewrack", out / "pictures", "--count", 10)
    (out / "flat").mkdir()
    sorted((out / "pictures").rglob("*.png"))[0].rename(out / "flat" / "<b>&.png")
    ok("report", MODEL, "--data", f"folder:{out}/flat", "--seconds", 0.02, "-o", out / "one.html")
    assert "carry no labels" in (out / "one.html").read_text()

    # Hostile places: refused before anything is measured, and nothing is left.
    inspect = ("inspect", MODEL)
    refused(1, "cannot write", *inspect, "--report", "/nonexistent/x.html")
    refused(1, "not a file", *inspect, "--report", "/dev/full")
    refused(1, "not a file", *inspect, "--report", out)
    refused(1, "cannot make", *inspect, "--csv", "/dev/full/x")
    refused(1, "cannot make", *inspect, "--png", MODEL)
    refused(1, "no sweep", "report", MODEL, *data, "--with", MODEL, "-o", out / "x.html")
    refused(1, "cannot open", "report", MODEL, *data, "--with", out / "missing.json", "-o", out / "x.html")
    refused(2, "where to", "report", MODEL, *data)
    refused(2, "--float", "report", MODEL, *data, "--float", MODEL, "-o", out / "x.html")
    refused(2, "--machine", "bench", "--machine", "--report", out / "x.html")
    assert not (out / "x.html").exists() and not list(out.glob("*.probe")), "something was left"
    assert "Example" in ok("report", "--help")
print("reports keep their contract")
