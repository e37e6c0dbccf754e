#!/usr/bin/env bash
# Fails, listing the files, when clang-format would change something.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=$(git ls-files -z '*.cpp' '*.h' | xargs -0 -P2 -n20 clang-format --dry-run 2>&1 | sed -n 's/^\([^ :]*\):[0-9]*:[0-9]*: warning.*/\1/p' | sort -u)
[ -z "$bad" ] || { echo "not formatted (./dev format mends it):"; echo "$bad"; exit 1; }
