#!/usr/bin/env python3
"""Fails when an object built for one instruction set defines a weak or unique symbol.

An inline function or template that an AVX-512 file and a plain file both emit is merged by the linker, which may keep the AVX-512 copy: then the program
dies on a machine without it. Looks into GALET_BUILD (build).
"""
import glob
import os
import platform
import re
import subprocess
import sys

ISA_OBJECT = re.compile(r"_(sse41|avx2|avxvnni|avx512|avx512vnni|avx512vbmi|neon|neondot|neoni8mm)\.cpp\.o$")


def weak_symbols(library):
    """(object, kind, symbol) of every offending symbol, and the number of objects looked at."""
    text = subprocess.run(["nm", "--demangle", library], capture_output=True, text=True, check=True).stdout
    found, objects, current = [], 0, None
    for line in text.splitlines():
        if line.endswith(":"):
            current = line[:-1] if ISA_OBJECT.search(line[:-1]) else None
            objects += current is not None
            continue
        match = re.match(r"^[0-9a-f ]{16} ([WVuwv]) (.*)$", line)
        if current and match and not (match.group(1) in "wv" and line.startswith(" ")):  # an undefined weak reference is harmless
            found.append((current, match.group(1), match.group(2)))
    return found, objects


def main():
    objects, found = 0, []
    libraries = glob.glob(os.path.join(os.environ.get("GALET_BUILD", "build"), "**", "libgalet_*.a"), recursive=True)
    for library in sorted(libraries):
        offending, count = weak_symbols(library)
        objects += count
        found += offending
    for where, kind, symbol in found:
        print(f"{where}: {kind} {symbol}")
    print(f"{objects} objects of instruction sets in {len(libraries)} libraries, {len(found)} weak symbols")
    if not objects and platform.machine() != "x86_64":
        return 77
    return 1 if found or not objects else 0


sys.exit(main())
