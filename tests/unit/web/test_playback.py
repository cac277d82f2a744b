"""A playback says where each frame of a sprite is, and how the latent path runs."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkbridge.latent.paths import DoodlePath
from inkbridge.support.errors import InkbridgeError
from inkbridge.web.playback import Playback, playback_of, read_playback, write_playback


def path_of(method: str = "cubic", noise_std: float = 0.8, loop: bool = False) -> DoodlePath:
    return DoodlePath("tree", method, noise_std, frames_per_segment=5, loop=loop, seed=1)


def played(path: DoodlePath, latents: NDArray[np.float32]) -> Playback:
    return playback_of(path, path.through(latents), latents, 256, 30)


@pytest.fixture
def latents() -> NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 3, (4, 16)).astype(np.float32)


def test_playback_is_read_as_it_was_written(tmp_path: Path, latents: NDArray[np.float32]) -> None:
    written = played(path_of(), latents)
    write_playback(tmp_path / "record.json", written)
    assert read_playback(tmp_path / "record.json") == written


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"sprite": {"frames": 3}}'])
def test_other_files_are_refused_as_playback(tmp_path: Path, content: str) -> None:
    file = tmp_path / "record.json"
    file.write_text(content)
    with pytest.raises(InkbridgeError, match=r"record\.json.*remove the file"):
        read_playback(file)


@pytest.mark.parametrize("loop", [False, True])
def test_path_passes_each_keyframe_at_its_frame(latents: NDArray[np.float32], loop: bool) -> None:
    about = played(path_of(loop=loop), latents)
    assert about.sprite.frames == len(about.plot.path) == (20 if loop else 16)
    assert [about.plot.path[frame] for frame in about.keyframe_frames] == about.plot.keyframes


def test_paths_through_the_same_keyframes_share_their_projection(latents: NDArray[np.float32]) -> None:
    plots = [played(path_of(*setting), latents).plot for setting in (("linear", 0.0), ("circular", 1.2))]
    assert plots[0].keyframes == plots[1].keyframes
    assert plots[0].origin == plots[1].origin
    assert plots[0].path != plots[1].path


def test_projection_keeps_distances_in_a_plane(latents: NDArray[np.float32]) -> None:
    """Keyframes in a plane keep their distances from each other and from an origin in the plane."""
    flat = latents[:, :2] @ np.linalg.qr(np.random.default_rng(2).normal(size=(16, 2)))[0].T.astype(np.float32)
    plot = played(path_of(), flat).plot
    seen, truth = np.array([*plot.keyframes, plot.origin]), np.concatenate([flat, np.zeros((1, 16))])
    for one, other in combinations(range(5), 2):
        assert np.linalg.norm(seen[one] - seen[other]) == pytest.approx(
            np.linalg.norm(truth[one] - truth[other]), abs=0.03
        )
    assert plot.share == 1


def test_two_keyframes_of_two_latents_can_be_projected() -> None:
    plot = played(path_of("linear", 0.0), np.float32([[0, 0], [3, 4]])).plot
    assert np.linalg.norm(np.subtract(*plot.keyframes)) == pytest.approx(5, abs=0.02)
