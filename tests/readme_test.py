"""Runs the command blocks that are marked `sh readme` in the README and in the documents that promise it, in order; every command must succeed."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
for name, least in (("README.md", 4), ("docs/coming-from-nntool.md", 2)):
    blocks = re.findall(r"```sh readme\n(.*?)```", (ROOT / name).read_text(), re.S)
    assert len(blocks) >= least, f"{name} has lost its command blocks"
    for block in blocks:
        for command in block.strip().splitlines():
            print("$", command, flush=True)
            done = subprocess.run(["bash", "-c", command], cwd=ROOT, text=True, capture_output=True)
            if done.returncode != 0:
                print(done.stdout, done.stderr)
                sys.exit(f"{name}: exit status {done.returncode}: {command}")
            if name == "README.md" or "grep" not in command:
                continue
            plain = lambda text: re.sub(r"[-\d./^]+(e[-+]?\d+)?", "#", text)  # noqa: E731 (numbers may differ from machine to machine)
            for line in done.stdout.splitlines():  # what a document says that a command prints
                if f"    {plain(line)}\n" not in plain((ROOT / name).read_text()):
                    sys.exit(f"{name}: {command} prints a line that the document does not show: {line}")
print("README commands run")
