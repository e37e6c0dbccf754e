"""Holds the #include lines of galet/ against galet/LAYERS, and third-party headers against their quarantine."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# header prefix -> folders that may include it (architecture: third-party quarantine)
QUARANTINE = {
    "google/protobuf": ("importers/onnx", "exporters/onnx"),
    "onnx": ("importers/onnx", "exporters/onnx"),
    "torch/": ("torch",),
    "ATen/": ("torch",),
    "c10/": ("torch",),
    "flatbuffers/": ("package",),
    "jpeglib.h": ("data",),
    "png.h": ("data",),
    "yaml-cpp/": ("pipeline",),
    "pugixml.hpp": ("data",),
    "oneapi/": ("kernels",),
    "dnnl": ("kernels",),
}


def layers():
    allowed = {}
    for line in (ROOT / "galet/LAYERS").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            folder, below = line.split(":")
            for name in below.split():
                assert name in allowed, f"LAYERS: {folder} names {name} before it is listed (a cycle?)"
            allowed[folder] = {folder, *below.split()}
    return allowed


def main():
    allowed = layers()
    wrong = []
    for path in sorted(p for p in (ROOT / "galet").rglob("*") if p.suffix in (".h", ".cpp", ".inc")):
        relative = path.relative_to(ROOT / "galet")
        folder = relative.parts[0]
        if folder not in allowed:
            wrong.append(f"{relative}: folder {folder} is not in galet/LAYERS")
            continue
        test = path.stem.endswith("_test")
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
            if not match:
                continue
            header = match.group(1)
            if header.startswith("galet/"):
                target = header.split("/")[1]
                if target not in allowed[folder] and target.endswith(".h") is False:
                    wrong.append(f"{relative}:{number}: {folder} may not include {target}")
            for prefix, places in QUARANTINE.items():
                if header.startswith(prefix) and not test and not any(str(relative).startswith(p + "/") for p in places):
                    wrong.append(f"{relative}:{number}: {header} belongs only into {', '.join(places)}")
            if path.suffix == ".h" and header.startswith(("nlohmann/", "CLI/", "doctest/")):
                wrong.append(f"{relative}:{number}: {header} is too heavy for a header")
    print("\n".join(wrong) or "layers hold")
    return bool(wrong)


sys.exit(main())
