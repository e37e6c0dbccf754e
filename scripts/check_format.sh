#!/usr/bin/env bash
# Fails, listing the files, when clang-format would change something.
set -euo pipefail
cd "$(dirname "$0")/.."
bad=$(git ls-files '*.cpp' '*.h' | xargs clang-format --dry-run 2>&1 | grep -o '^[^:]*' | sort -u || true)
[ -z "$bad" ] || { echo "not formatted (./dev format mends it):"; echo "$bad"; exit 1; }
