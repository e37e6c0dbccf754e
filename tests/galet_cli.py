"""What the command line tests share: running galet, checking its contract (exit status, one-line errors, clean JSON)."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
GALET = pathlib.Path(os.environ.get("GALET_BUILD", ROOT / "build")) / "galet"
MODEL = ROOT / "models/tidewrack_resnet20.onnx"


def run(*arguments, env=None, stdin=None):
    return subprocess.run([str(GALET), *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **(env or {})}, cwd=ROOT, timeout=600)


def ok(*arguments, env=None):
    done = run(*arguments, env=env)
    assert done.returncode == 0, f"galet {' '.join(map(str, arguments))}: status {done.returncode}\n{done.stderr}"
    return done.stdout


def ok_json(*arguments, env=None):
    return json.loads(ok(*arguments, "--json", env=env))


def refused(status, says, *arguments, env=None):
    """galet must end with this status, one line on stderr that contains `says`, and nothing on stdout."""
    done = run(*arguments, env=env)
    what = f"galet {' '.join(map(str, arguments))}"
    assert done.returncode == status, f"{what}: status {done.returncode}, expected {status}\n{done.stderr}"
    lines = [line for line in done.stderr.splitlines() if not line.startswith("galet: note:")]
    assert len(lines) == 1 and lines[0].startswith("galet: "), f"{what}: expected one line, got\n{done.stderr}"
    assert says in lines[0], f"{what}: expected {says!r} in {lines[0]!r}"
    assert done.stdout == "", f"{what}: printed {done.stdout[:200]!r}"
