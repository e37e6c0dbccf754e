#!/usr/bin/env python3
"""Fails when an object built for one instruction set contains instructions that its processors lack.

sse41: nothing VEX- or EVEX-encoded. avx2, avxvnni: nothing EVEX-encoded (such processors may have no AVX-512). avxvnni and avx512vnni must contain
their dot product, so that a wrong compiler flag does not pass unseen. Looks into GALET_BUILD (build).
"""
import glob
import os
import platform
import re
import subprocess
import sys

OBJECT = re.compile(r"_(sse41|avx2|avxvnni|avx512vnni)\.cpp\.o$")
# In 64-bit code c4 and c5 begin a VEX prefix, 62 an EVEX prefix; legacy prefixes never precede them in compiled code.
FORBIDDEN = {"sse41": ("c4", "c5", "62"), "avx2": ("62",), "avxvnni": ("62",), "avx512vnni": ()}
DOT = {"avxvnni": "vpdpbusd", "avx512vnni": "vpdpbusd"}


def instructions(path):
    """(first byte, text) of every instruction."""
    text = subprocess.run(["objdump", "-d", "--no-addresses", path], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        match = re.match(r"^\s+((?:[0-9a-f]{2} )+)\s*\t(.*)$", line)
        if match:
            yield match.group(1)[:2], match.group(2)


def check(path, isa):
    found, dots = [], 0
    for first, text in instructions(path):
        if first in FORBIDDEN[isa]:
            found.append(text)
        dots += DOT.get(isa, "none") in text
    name = os.path.basename(path)
    for text in found[:5]:
        print(f"{name}: {text}")
    if isa in DOT and re.match(r"(gemm|depthwise)", name) and not dots:
        print(f"{name}: no {DOT[isa]}")
        return False
    return not found


def main():
    if platform.machine() != "x86_64":
        return 77
    count, good = 0, True
    for path in sorted(glob.glob(os.path.join(os.environ.get("GALET_BUILD", "build"), "**", "galet_kernels.dir", "**", "*.o"), recursive=True)):
        match = OBJECT.search(path)
        if match:
            count += 1
            good = check(path, match.group(1)) and good
    print(f"{count} objects")
    return 0 if good and count else 1


sys.exit(main())
