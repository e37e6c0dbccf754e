"""Markdown of what bench/compare.py measured.

    python3 bench/table.py build/bench/compare.json [FILE.md]
"""
import json
import pathlib
import statistics
import sys

GALET = "galet-int8"
BEGIN, END = "<!-- bench compare -->", "<!-- end of bench compare -->"


def burst_key(row, key, choose):
    return choose(burst[key] for burst in row["bursts"])


def measured(result):
    return {name: row for name, row in result["engines"].items() if row.get("bursts")}


def best_of(rows, prefix):
    """The fastest form of an engine, by its lowest 5th percentile."""
    own = [name for name in rows if name.startswith(prefix)]
    return min(own, key=lambda name: burst_key(rows[name], "p5", min)) if own else None


def ratios(rows, other, to=GALET):
    """Round by round, 5th percentiles of the bursts: how many times faster `to` is."""
    if other not in rows or to not in rows:
        return []
    return sorted(a["p5"] / b["p5"] for a, b in zip(rows[other]["bursts"], rows[to]["bursts"]))


def times(values):
    return f"{statistics.median(values):.2f}x ({values[0]:.2f} - {values[-1]:.2f})" if values else ""


def quiet(row, best):
    """Bursts in which the probe was at full speed and the runs were alike."""
    return sum(burst["fma_gmac_per_s"] >= 0.93 * best and burst["median"] < 1.15 * burst["p5"] for burst in row["bursts"])


def accuracy(row):
    found = row.get("accuracy")
    if not found:
        return ""
    parts = []
    if "top1" in found:
        parts.append(f"top-1 {found['top1']}/{found['images']}")
    if "snr_db" in found:
        same = f"agrees {found['agreement']}/{found['images']}, " if "top1" in found else ""  # random networks have no answers worth the name
        parts.append(f"{same}{found['snr_db']:.1f} dB" if found["snr_db"] < 90 else "as float")
    if "galet_snr_db" in found:
        parts.append("galet's integers" if found["galet_snr_db"] >= 100 else f"{found['galet_snr_db']:.1f} dB from galet's")
    return "; ".join(parts)


def of_result(result):
    rows = measured(result)
    if not rows:
        return "nothing was measured"
    fastest_probe = max(burst["fma_gmac_per_s"] for row in rows.values() for burst in row["bursts"])
    lines = ["| engine | best p5, ms | median, ms | galet int8 is faster by (per round) | accuracy | load, ms | memory, MB | quiet bursts |", "|---|---|---|---|---|---|---|---|"]
    for name, row in result["engines"].items():
        if name not in rows:
            lines.append(f"| {row['title']} | {row.get('absent', '')} | | | | | | |")
            continue
        start = row["start"]
        cells = [
            row["title"],
            f"{burst_key(row, 'p5', min):.3f}",
            f"{statistics.median(burst['median'] for burst in row['bursts']):.3f}",
            "" if name == GALET else times(ratios(rows, name)),
            accuracy(row),
            f"{start['load_ms']:.0f}",
            f"{(start['peak_bytes'] - start['base_bytes']) / 1e6:.0f} ({start['peak_bytes'] / 1e6:.0f})",
            f"{quiet(row, fastest_probe)} of {len(row['bursts'])}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def summary(results, threads):
    lines = [
        "| network | galet int8 | galet float | onnxruntime's best | galet is faster by | openvino's best | galet is faster by | ncnn |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        rows = measured(result)
        if result["threads"] != threads or GALET not in rows:
            continue

        def best(name):
            return f"{burst_key(rows[name], 'p5', min):.3f}" if name in rows else ""

        def against(prefix):
            name = best_of(rows, prefix)
            if not name:
                return ["", ""]
            ratio = burst_key(rows[name], "p5", min) / burst_key(rows[GALET], "p5", min)
            return [f"{best(name)} ({rows[name]['title'].split(' ', 1)[1]})", f"**{ratio:.2f}x**; per round {times(ratios(rows, name))}"]

        lines.append("| " + " | ".join([result["model"], best(GALET), best("galet-float"), *against("ort-"), *against("openvino-"), best(best_of(rows, "ncnn-") or "-")]) + " |")
    return "\n".join(lines)


def scaling(results):
    """Two threads against one, by the lowest 5th percentiles."""
    by = {(r["model"], r["threads"]): measured(r) for r in results}
    counts = sorted({threads for _, threads in by} - {1})
    names = [("galet int8", GALET), ("onnxruntime's best", "ort-"), ("openvino's best", "openvino-")]
    lines = ["| network | threads | " + " | ".join(title for title, _ in names) + " |", "|---" * (2 + len(names)) + "|"]
    for model in dict.fromkeys(r["model"] for r in results):
        for threads in counts:
            one, many = by.get((model, 1)), by.get((model, threads))
            if not one or not many:
                continue
            cells = []
            for _, prefix in names:
                name = best_of(one, prefix)
                cells.append(f"{burst_key(one[name], 'p5', min) / burst_key(many[name], 'p5', min):.2f}x" if name in many else "")
            lines.append(f"| {model} | {threads} | " + " | ".join(cells) + " |")
    return "\n".join(lines) if len(lines) > 2 else ""


def of_machine(machine):
    text = f"{machine['processor']}, {machine['processors']} processors; galet {machine['galet']}; {machine['rounds']} rounds of {machine['seconds']} s; times are lowest 5th percentiles in ms."
    for peaks in machine.get("peaks", []):
        reads = ", ".join(f"{read['level']} {read['gb_per_s']:.0f}" for read in peaks["reads"])
        text += f" With {peaks['threads']} thread(s) the machine does {peaks['dot_i8_gmac_per_s']:.0f} GMAC/s of int8 and {peaks['fma_f32_gmac_per_s']:.0f} of float and reads {reads} GB/s."
    return text


def write(path, text):
    """Into the file, between its marks where it has them."""
    old = path.read_text() if path.exists() else ""
    if BEGIN in old and END in old:
        text = old[: old.index(BEGIN) + len(BEGIN)] + "\n\n" + text + "\n" + old[old.index(END) :]
    path.write_text(text)


def of_all(known):
    results = known["results"]
    parts = [of_machine(known["machine"])]
    for threads in sorted({r["threads"] for r in results}):
        parts.append(f"### {threads} thread{'s' if threads > 1 else ''}\n\n{summary(results, threads)}")
    if text := scaling(results):
        parts.append(f"### Speed-up by threads\n\n{text}")
    for result in results:
        weights = "trained" if result["trained"] else "random weights"
        parts.append(f"### {result['model']} ({weights}), {result['threads']} thread{'s' if result['threads'] > 1 else ''}, {result['at']}\n\n{of_result(result)}")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    tables = of_all(json.loads(pathlib.Path(sys.argv[1]).read_text()))
    print(tables)
    if len(sys.argv) > 2:
        write(pathlib.Path(sys.argv[2]), tables)
