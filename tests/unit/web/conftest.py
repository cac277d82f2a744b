"""Fixtures of the tests of pages: doodles and animations of a gallery, and its folder."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from inkbridge.web.entries import AnimationEntry, DoodleEntry
from tests.unit.web.small_gallery import METHODS, NAMES, NOISES, VARIANTS, animation, doodle


@pytest.fixture
def doodles(tmp_path: Path) -> list[DoodleEntry]:
    return [doodle(tmp_path / "doodles", name) for name in NAMES]


@pytest.fixture
def animations(tmp_path: Path) -> list[AnimationEntry]:
    combinations = itertools.product(NAMES, VARIANTS, METHODS, NOISES)
    return [animation(tmp_path / "animations", *parts) for parts in combinations]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "results" / "gifs"
