#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds as text: a file for each target, an input on each line, `\\xHH` for what cannot be printed.

    seeds.py unpack FILE FOLDER    an input file for each line
    seeds.py pack FILE FOLDER      the other way, shortest first; none above 512 bytes
"""
import pathlib
import re
import sys

command, file, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
if command == "unpack":
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(file.read_bytes().splitlines()):
        seed = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), line)
        (folder / f"seed-{number:05}").write_bytes(seed)
elif command == "pack":
    inputs = {path.read_bytes() for path in folder.iterdir()}
    escape = lambda byte: chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02x}"
    lines = ["".join(map(escape, seed)) for seed in sorted(inputs, key=lambda it: (len(it), it)) if 0 < len(seed) <= 512]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
else:
    sys.exit(__doc__)
