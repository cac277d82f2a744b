"""Galleries of animations whose frames show their number, and a browser whose errors are collected."""

import io
import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from inkbridge.evaluation.labels import INTERPOLATION_METRICS
from inkbridge.export.formats import write_gif
from inkbridge.export.montage import grid
from inkbridge.latent.paths import DoodlePath
from inkbridge.support.png import write_png
from inkbridge.support.types import Images
from inkbridge.web import gallery_page
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery
from inkbridge.web.playback import playback_of, write_playback
from inkbridge.web.sprites import write_sprite
from tests.browser.studio import JACK, Studio, Visitor, drawing_of

SIZE = 64
FRAME_MS = 30
LENGTHS = {"tree": 9, "walker": 12}
"""Doodle → frames: three keyframes, four frames from one to the next; the walker is a loop."""

VARIANTS = ("strokes64", "conv64")
METHODS = ("linear", "circular", "cubic")
NOISES = ("0", "0.8")

Visit = Callable[..., Page]


def numbered_frames(count: int) -> Images:
    """Return frames in which frame n has a bar of 5·(n + 1) pixels, so that the amount of ink tells the number."""
    frames = np.zeros((count, SIZE, SIZE), np.uint8)
    for number in range(count):
        frames[number, :, : 5 * (number + 1)] = 255
    return frames


def animation_of(
    folder: Path, doodle: str, variant: str, method: str, noise: str, frame_ms: int = FRAME_MS
) -> AnimationEntry:
    gif = folder / variant / doodle / f"{method}_std{noise}.gif"
    path = DoodlePath(doodle, method, float(noise), frames_per_segment=4, loop=doodle == "walker", seed=0)
    latents = np.float32([[0, 0, 0], [4, 0, 0], [4, 3, 0]])
    about = playback_of(path, path.through(latents), latents, SIZE, frame_ms)
    frames = numbered_frames(about.sprite.frames)
    write_gif(gif, frames, frame_ms)
    write_sprite(gif.with_suffix(".webp"), frames, about.sprite)
    write_playback(gif.with_suffix(".json"), about)
    figures = dict.fromkeys([*INTERPOLATION_METRICS, "mse"], 0.1)
    return AnimationEntry(
        doodle, variant, method, noise, gif, gif.with_suffix(".webp"), gif.with_suffix(".json"), figures
    )


def doodle_of(folder: Path, name: str) -> DoodleEntry:
    keyframes = folder / name / "keyframes.png"
    write_png(keyframes, grid([numbered_frames(3)]))
    return DoodleEntry(name, keyframes, dict.fromkeys(VARIANTS, keyframes))


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gallery with 24 animations."""
    folder = tmp_path_factory.mktemp("gallery")
    settings = product(LENGTHS, VARIANTS, METHODS, NOISES)
    animations = [animation_of(folder / "animations", *setting) for setting in settings]
    doodles = [doodle_of(folder / "doodles", name) for name in LENGTHS]
    write_gallery(folder / "gifs", doodles, animations)
    return folder / "gifs"


@pytest.fixture(scope="session")
def mixed_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gallery whose doodles differ in methods, noises and pace: the walker is half as fast."""
    folder = tmp_path_factory.mktemp("mixed gallery")
    settings = [("tree", method, noise, FRAME_MS) for method in ("linear", "cubic") for noise in ("0", "0.8")]
    settings += [("walker", "cubic", "0.3", 2 * FRAME_MS)]
    animations = [
        animation_of(folder / "animations", doodle, "conv64", method, noise, frame_ms)
        for doodle, method, noise, frame_ms in settings
    ]
    write_gallery(folder / "gifs", [doodle_of(folder / "doodles", name) for name in LENGTHS], animations)
    return folder / "gifs"


@pytest.fixture(scope="session")
def large_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a gallery with 252 animations, all on the page itself."""
    return large_gallery_in(tmp_path_factory.mktemp("large gallery"))


@pytest.fixture(scope="session")
def later_gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same gallery, whose page itself holds two doodles of 21."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery_page, "MOST_AT_ONCE", 24)
        return large_gallery_in(tmp_path_factory.mktemp("later gallery"))


def large_gallery_in(folder: Path) -> Path:
    one = animation_of(folder / "animations", "tree", "conv64", "linear", "0")
    names = [f"doodle{number}" for number in range(21)]
    animations = [
        AnimationEntry(name, variant, method, noise, one.gif, one.sprite, one.playback, one.metrics)
        for name, variant, method, noise in product(names, VARIANTS, METHODS, NOISES)
    ]
    write_gallery(folder / "gifs", [doodle_of(folder / "doodles", name) for name in names], animations)
    return folder / "gifs"


@pytest.fixture
def asked() -> list[str]:
    """The addresses that pages have requested."""
    return []


@pytest.fixture
def visit(browser: Browser, gallery: Path, asked: list[str]) -> Iterator[Visit]:
    """A function that opens the gallery in ``folder``, with the text after # and settings of the browser.

    At the end of the test, no page may have reported an error or requested anything outside the folder.
    """
    contexts, errors, own = [], [], ["data:", "blob:"]

    def open_page(address: str = "", folder: Path = gallery, **settings: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on(
            "console", lambda message: errors.append(message.text) if message.type in {"error", "warning"} else None
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("requestfailed", lambda request: errors.append(request.url))
        page.on("request", lambda request: asked.append(request.url))
        own.append(folder.as_uri() + "/")
        page.goto((folder / "index.html").as_uri() + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors
    assert not [address for address in asked if not address.startswith(tuple(own))]


@pytest.fixture
def seen() -> Callable[[Any], int]:
    """A function that returns the number of the frame that a canvas shows, from its pixels."""

    def number_of(canvas: Any) -> int:
        with Image.open(io.BytesIO(canvas.screenshot())) as picture:
            tones = np.asarray(picture.convert("L")).astype(float)
        inked = (tones[len(tones) // 2] < 128).mean()
        return round(inked * SIZE / 5) - 1

    return number_of


# --- the studio --------------------------------------------------------------------------------------------


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Opens pages. At the end of the test none may have complained, or asked for anything that is not the studio's."""
    visitor = Visitor(browser)
    yield visitor
    visitor.close()
    assert not visitor.errors
    assert not [asked for asked in visitor.asked if not asked.startswith(("http://127.0.0.1:", "data:", "blob:"))]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    """A studio with an empty drawing."""
    running = Studio(tmp_path / "new.inkbridge")
    yield running
    running.end()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    file = tmp_path_factory.mktemp("jack") / "jack.inkbridge"
    file.write_text(json.dumps(drawing_of(*JACK)), "utf-8")
    running = Studio(file)
    yield running
    running.end()


@pytest.fixture
def drawn(shared: Studio) -> Studio:
    """A studio with a jumping jack of two keyframes, whose server other tests have used."""
    shared.put(drawing_of(*JACK))
    return shared
