"""Peak memory of a training process on a dataset and on one ten times as large."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from inkbridge.data.shards import ShardKey, write_shard

SHARDS = 4
TRAIN = """
import resource, sys
from pathlib import Path
from inkbridge.models.device import choose_backend
from inkbridge.config.settings import Compute, Training, Variant
from inkbridge.models.training import Data, train
folder = Path(sys.argv[1])
shards = sorted(folder.glob("*.h5"))
images = 65_536  # two whole small datasets, so that both sides fill their buffers
settings = Training(images=images, batch_size=1024, validation_every=images)
data = Data(shards, shards[:1], seed=0)
variant = Variant(architecture="conv", channels=8)
train(variant, settings, data, choose_backend(Compute(device="cpu"), 2), folder / "checkpoint.safetensors")
unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB on Linux
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20)
"""


def peak_megabytes(folder: Path) -> float:
    """Return the peak resident memory of a training on all shards in ``folder``, in MiB."""
    command = [sys.executable, "-c", TRAIN, str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as root:
        small, large = Path(root, "small"), Path(root, "large")
        small.mkdir()
        large.mkdir()
        for index in range(SHARDS):
            write_shard(small / f"{index}.h5", ShardKey(0, {"sketch": 1.0}, 8192, "train", index))
            for copy in range(10):
                os.link(small / f"{index}.h5", large / f"{copy}-{index}.h5")
        once, tenfold = peak_megabytes(small), peak_megabytes(large)
        print(f"{SHARDS} shards: {once:.0f} MiB; {10 * SHARDS} shards: {tenfold:.0f} MiB; ratio {tenfold / once:.2f}")
