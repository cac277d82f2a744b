"""HDF5 files on any file system.

Python reads and writes the bytes, so HDF5 locks no file, whatever ``HDF5_USE_FILE_LOCKING`` says. This matters because
many network file systems have no locks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py


@contextmanager
def read_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    An :class:`OSError` with an ``errno`` comes from the system. One without comes from HDF5, which does not understand
    the content.
    """
    with path.open("rb") as file, h5py.File(file, "r") as content:
        yield content


@contextmanager
def write_hdf5(path: Path) -> Iterator[h5py.File]:
    """Build a new HDF5 file in memory and write it to ``path`` when the block ends."""
    with h5py.File(path, "w", driver="core", backing_store=False) as content:
        yield content
        content.flush()
        image: bytes = content.id.get_file_image()
    path.write_bytes(image)
