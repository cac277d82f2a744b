"""Keyframes are read as they were written, and a damaged file is refused."""

import numpy as np
import pytest

from inkbridge.keyframes.reading import Keyframes
from inkbridge.keyframes.storage import load_keyframes, write_keyframes
from inkbridge.support.errors import InkbridgeError


@pytest.mark.parametrize("images", [np.zeros((2, 64, 64)), np.zeros((64, 64), np.uint8)])
def test_arrays_of_another_shape_or_type_are_refused(images, tmp_path):
    np.save(tmp_path / "keyframes.npy", images)
    with pytest.raises(
        InkbridgeError, match=r"keyframes\.npy: expected keyframes, found something else or a damaged file"
    ):
        load_keyframes(tmp_path / "keyframes.npy")


@pytest.mark.parametrize("shape", [(2, 63, 63), (2, 513, 513), (2, 100, 101), (3, 100, 100)])
def test_originals_of_another_shape_are_refused(shape, tmp_path):
    images = np.zeros((2, 64, 64), np.uint8)
    write_keyframes(tmp_path / "keyframes.npy", Keyframes(images, np.zeros(shape, np.uint8), (), "dark"))
    with pytest.raises(InkbridgeError, match=r"keyframes\.npy: expected keyframes"):
        load_keyframes(tmp_path / "keyframes.npy")


def test_truncated_keyframes_are_refused_with_a_way_to_remake_them(tmp_path):
    path, rng = tmp_path / "keyframes.npy", np.random.default_rng(1)
    images, originals = (rng.integers(0, 256, (2, side, side), np.uint8) for side in (64, 100))
    write_keyframes(path, Keyframes(images, originals, (), "dark"))
    found = load_keyframes(path)
    np.testing.assert_array_equal(found.images, images)
    np.testing.assert_array_equal(found.originals, originals)
    assert found.ink == "dark"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InkbridgeError, match=r"rm \S*keyframes\.npy && snakemake"):
        load_keyframes(path)
