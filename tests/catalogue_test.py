"""Holds galet/ops/ops.inc against docs/operators.md (each operator is described) and against the sources (each is defined, and none besides)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
listed = re.findall(r"^OP\((\w+)\)", (ROOT / "galet/ops/ops.inc").read_text(), re.M)
words = set(re.findall(r"\w+", (ROOT / "docs/operators.md").read_text()))
sources = "\n".join(path.read_text() for path in sorted((ROOT / "galet/ops").glob("*.cpp")))
defined = set(re.findall(r"^Op (\w+)_op\(\)", sources, re.M))

wrong = [f"{name}: listed twice in ops.inc" for name in sorted({n for n in listed if listed.count(n) > 1})]
wrong += [f"{name}: not described in docs/operators.md" for name in listed if name not in words]
wrong += [f"{name}: in ops.inc, but no source defines {name}_op()" for name in listed if name not in defined]
wrong += [f"{name}: {name}_op() is not in ops.inc" for name in sorted(defined - set(listed))]
print("\n".join(wrong) or f"{len(listed)} operators hold")
sys.exit(bool(wrong) or not listed)
