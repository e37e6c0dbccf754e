"""No source file over 500 lines: one idea a file."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT = 500
long_files = []
for folder in ("galet", "tools", "tests", "scripts", "bench"):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in (".cpp", ".h", ".inc", ".py", ".sh") and (lines := len(path.read_text().splitlines())) > LIMIT:
            long_files.append(f"{path.relative_to(ROOT)}: {lines} lines, at most {LIMIT}: split it")
print("\n".join(long_files) or "sizes hold")
sys.exit(bool(long_files))
