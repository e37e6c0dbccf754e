#!/usr/bin/env bash
# The benchmarks, in a virtual environment of their own. Usage: ./dev bench [compare FLAG ... | table FILE.json | models FOLDER | observers FLAG ... | c_peers FLAG ...]
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=$(sha256sum <bench/requirements.txt | cut -d' ' -f1)
if [ "$(cat .venv-bench/galet-requirements 2>/dev/null || true)" != "$wanted" ]; then
  echo "== preparing .venv-bench with the engines to compare with" >&2
  /usr/bin/python3 -m venv .venv-bench
  # --no-deps for pnnx: its program is all that is needed, not PyTorch
  grep -v '^pnnx' bench/requirements.txt | .venv-bench/bin/pip install -q --disable-pip-version-check -r /dev/stdin
  grep '^pnnx' bench/requirements.txt | .venv-bench/bin/pip install -q --disable-pip-version-check --no-deps -r /dev/stdin
  chmod +x .venv-bench/lib/python*/site-packages/pnnx/pnnx
  echo "$wanted" >.venv-bench/galet-requirements
fi
what=${1:-compare}
[ $# -eq 0 ] || shift
case "$what" in
  compare | table | models | observers | c_peers) exec .venv-bench/bin/python "bench/$what.py" "$@" ;;
  *)
    echo "bench: unknown benchmark \"$what\", expected compare, table, models, observers or c_peers" >&2
    exit 2
    ;;
esac
