"""Keyframes are read as they were written, and a damaged file is refused."""

import numpy as np
import pytest

from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.support.errors import InkbridgeError


@pytest.mark.parametrize("images", [np.zeros((2, 64, 64)), np.zeros((64, 64), np.uint8)])
def test_arrays_of_another_shape_or_type_are_refused(images, tmp_path):
    np.save(tmp_path / "keyframes.npy", images)
    with pytest.raises(
        InkbridgeError, match=r"keyframes\.npy: expected keyframes, found something else or a damaged file"
    ):
        load_keyframes(tmp_path / "keyframes.npy")


def test_truncated_keyframes_are_refused_with_a_way_to_remake_them(tmp_path):
    path, images = tmp_path / "keyframes.npy", np.zeros((2, 64, 64), np.uint8)
    write_keyframes(path, images, "dark")
    found, ink = load_keyframes(path)
    np.testing.assert_array_equal(found, images)
    assert ink == "dark"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InkbridgeError, match=r"rm \S*keyframes\.npy && snakemake"):
        load_keyframes(path)
