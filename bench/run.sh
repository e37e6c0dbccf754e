#!/usr/bin/env bash
# The benchmarks: galet against onnxruntime, float and integer, in interleaved bursts. Usage: ./dev bench [MODEL.onnx ...]
set -euo pipefail
cd "$(dirname "$0")/.."
models=("$@")
[ ${#models[@]} -gt 0 ] || models=(models/tidewrack_resnet20.onnx)
exec .venv/bin/python bench/compare_onnxruntime.py "${models[@]}"
