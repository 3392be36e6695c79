"""The library exports the functions of the header and no others. usage: exports.py LIBRARY HEADER"""
import ctypes
import re
import shutil
import subprocess
import sys

library, header = sys.argv[1:]
declared = set(re.findall(r"WINNOW_CALL (winnow_\w+)\(", open(header, encoding="utf-8").read()))
loaded = ctypes.CDLL(library)
absent = [name for name in sorted(declared) if not hasattr(loaded, name)]
extra = []
if shutil.which("nm"):
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    extra = sorted(set(re.findall(r" T (\w+)", listed)) - declared - {"DotNetRuntimeDebugHeader"})
print(f"{len(declared)} functions; absent: {absent}; not in the header: {extra}")
sys.exit(1 if absent or extra else 0)
