#!/bin/sh
# Python of .venv, where the other parties (onnx, onnxruntime, Pillow) are installed; without it the test is skipped, saying so.
python=$(dirname "$0")/../.venv/bin/python
[ -x "$python" ] || { echo "SKIPPED $(basename "$1"): there is no .venv (./dev setup makes it)"; exit 77; }
exec "$python" "$@"
