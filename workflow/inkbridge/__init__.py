"""Doodles turned into animations by autoencoders that were trained on synthetic strokes alone."""

import sys
from importlib.util import find_spec

if sys.platform not in ("linux", "darwin") or find_spec("fcntl") is None:
    # SystemExit prints the sentence alone, without a traceback, in Python, in the command and in Snakemake.
    raise SystemExit(f"inkbridge: expected Linux or macOS, found {sys.platform}; on Windows, run inkbridge in WSL")

__version__ = "0.1.0"

CELL = 64
"""Pixels of the side of a keyframe, of a synthetic image and of a decoder's native output."""
