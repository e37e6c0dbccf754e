"""Writes the demo's table from the JSON files that `galet evaluate --json` and `galet bench --json` left. Usage: demo_table.py FOLDER FLOAT_MODEL"""
import json
import os
import sys

folder, float_model = sys.argv[1:]
print("| network | top-1 | bytes | peak memory | 1 thread, median | 2 threads, median |")
print("|---|---|---|---|---|---|")
for name, title in (("float", "float"), ("dynamic", "int8 dynamic"), ("static", "int8 static")):
    with open(f"{folder}/{name}.evaluate.json") as file:
        accuracy = json.load(file)
    with open(f"{folder}/{name}.bench.json") as file:
        one, two = json.load(file)
    size = os.path.getsize(float_model if name == "float" else f"{folder}/{name}.galet")
    print(
        f"| {title} | {100 * accuracy['top1']:.2f} % ({accuracy['top1_correct']}/{accuracy['images']}) | {size:,} | "
        f"{one['peak_memory_bytes'] / 1e6:.1f} MB | {one['median_ms']:.3f} ms | {two['median_ms']:.3f} ms |"
    )
