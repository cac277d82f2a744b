"""A gallery of a few tiny pictures, and the elements of its page."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from PIL import Image

from inkbridge.latent.paths import DoodlePath
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.playback import playback_of, write_playback

NAMES = ("tree", 'a&b <i>"50%"#1?')


VARIANTS = ("conv64", "coordconv64")


METHODS = ("linear", "cubic")


NOISES = ("1.2", "0", "0.3")


FIGURES = {
    "ghosting": 0.4321,
    "ink_deviation": 0.0123,
    "fragments": 0.25,
    "widening": 1.5,
    "knots": 0.75,
    "length_error": 0.034,
    "mse": 0.00042,
}


Attributes = dict[str, str | None]


class Page(HTMLParser):
    """The elements of a page, as (tag, attributes), in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> Iterator[Attributes]:
        return (attributes for name, attributes in self.elements if name == tag)


def picture(file: Path, size: tuple[int, int]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size).save(file)
    return file


def doodle(folder: Path, name: str) -> DoodleEntry:
    place = folder / str(abs(hash(name)))
    reconstructions = {variant: picture(place / f"{variant}.png", (192, 192)) for variant in VARIANTS}
    strip, match = picture(place / "keyframes.png", (192, 64)), picture(place / "match.png", (1112, 664))
    return DoodleEntry(name, strip, reconstructions, match)


def animation(folder: Path, name: str, variant: str, method: str, noise_std: str) -> AnimationEntry:
    number = abs(hash((name, variant, method, noise_std)))
    gif = picture(folder / f"{number}.gif", (4, 4))
    sprite, about = picture(gif.with_suffix(".webp"), (8, 8)), gif.with_suffix(".json")
    path = DoodlePath(name, method, float(noise_std), frames_per_segment=2, loop=False, seed=0)
    latents = np.float32([[0, 0, 0], [4, 0, 0], [4, 3, 0]])
    write_playback(about, playback_of(path, path.through(latents), latents, 64, 30))
    return AnimationEntry(name, variant, method, noise_std, gif, sprite, about, FIGURES)


def page_of(folder: Path) -> Page:
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def place_of(one: AnimationEntry) -> str:
    return f"{one.variant}/{one.doodle}/{one.method}_std{one.noise_std}.gif"
