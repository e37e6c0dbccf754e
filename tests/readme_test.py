"""Runs the README's command blocks that are marked `sh readme`, in order; every command must succeed."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
blocks = re.findall(r"```sh readme\n(.*?)```", (ROOT / "README.md").read_text(), re.S)
assert len(blocks) >= 4, "README.md has lost its command blocks"
for block in blocks:
    for command in block.strip().splitlines():
        print("$", command, flush=True)
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, text=True, capture_output=True)
        if done.returncode != 0:
            print(done.stdout, done.stderr)
            sys.exit(f"README.md: exit status {done.returncode}: {command}")
print("README commands run")
