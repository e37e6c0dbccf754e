#!/usr/bin/env bash
# The main job on what the repository contains: a float network in, integer networks out, and a table of what it cost. Called by ./dev demo.
set -euo pipefail
cd "$(dirname "$0")/.."
galet=build/galet
model=models/tidewrack_resnet20.onnx
out=${1:-demo-results}
train=tidewrack:train,count=5000
test=tidewrack:test,count=2000
mkdir -p "$out"
step() { printf '\n\033[1m$ galet %s\033[0m\n' "$*" >&2; "$galet" "$@"; }

step tidewrack "$out/pictures" --split test --count 20
step inspect $model
step quantize $model --data $train --samples 512 --seed 1 -o "$out/static.galet"
step quantize $model --mode dynamic -o "$out/dynamic.galet"
for name in float dynamic static; do
  file=$out/$name.galet
  [ $name = float ] && file=$model
  record=(--record)
  [ $name = float ] && record=()
  step evaluate "$file" --data $test "${record[@]}" --json >"$out/$name.evaluate.json"
  step bench "$file" --threads 1,2 --json >"$out/$name.bench.json"
done
step compare $model "$out/static.galet" --data $test --images 64
step export "$out/static.galet" -o "$out/static_int8.onnx"
step run "$out/static.galet" "$(find "$out/pictures" -name '*.png' | sort | head -1)" --top 3

/usr/bin/python3 scripts/demo_table.py "$out" $model | tee "$out/table.md"
printf '\nResults lie in %s: static.galet (the integer network), static_int8.onnx (for ONNX Runtime), table.md.\n' "$out"
