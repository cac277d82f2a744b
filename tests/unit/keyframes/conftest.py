"""Fixtures of the tests of keyframes: five drawings, their sheet, and a way to save pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from inkbridge.support.types import Images
from tests.unit.keyframes.sheets import drawing, grid


@pytest.fixture
def drawings() -> list[Images]:
    return [drawing(index) for index in range(5)]


@pytest.fixture
def sheet(drawings: list[Images]) -> Images:
    """Five drawings on a sheet of 4×2 cells."""
    return grid(drawings, columns=4)


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    def save_image(image: Images | Image.Image, name: str = "sheet.png", **options: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
        picture.save(path, **options)
        return path

    return save_image
