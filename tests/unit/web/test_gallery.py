"""The page of the gallery, from a few tiny GIFs, and the template of the reports."""

from __future__ import annotations

import errno
import itertools
import math
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import matplotlib
import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from matplotlib.colors import to_rgb
from PIL import Image

from inkbridge.evaluation.plot_style import GRAPHITE, PENCILS, plot_style
from inkbridge.evaluation.tables import metrics_by_setting
from inkbridge.latent.paths import DoodlePath
from inkbridge.support.errors import InkbridgeError
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery
from inkbridge.web.pages import render
from inkbridge.web.playback import playback_of, write_playback

NAMES = ("tree", 'a&b <i>"50%"#1?')
VARIANTS = ("conv64", "coordconv64")
METHODS = ("linear", "cubic")
NOISES = ("1.2", "0", "0.3")

FIGURES = {"ghosting": 0.4321, "ink_deviation": 0.0123, "fragments": 0.25, "widening": 1.5, "mse": 0.00042}

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
    return DoodleEntry(name, picture(place / "keyframes.png", (192, 64)), reconstructions)


def animation(folder: Path, name: str, variant: str, method: str, noise_std: str) -> AnimationEntry:
    number = abs(hash((name, variant, method, noise_std)))
    gif = picture(folder / f"{number}.gif", (4, 4))
    sprite, about = picture(gif.with_suffix(".webp"), (8, 8)), gif.with_suffix(".json")
    path = DoodlePath(name, method, float(noise_std), frames_per_segment=2, loop=False, seed=0)
    write_playback(about, playback_of(path, np.float32([[0, 0, 0], [4, 0, 0], [4, 3, 0]]), 64, 30))
    return AnimationEntry(name, variant, method, noise_std, gif, sprite, about, FIGURES)


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


def page_of(folder: Path) -> Page:
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def place_of(one: AnimationEntry) -> str:
    return f"{one.variant}/{one.doodle}/{one.method}_std{one.noise_std}.gif"


def test_every_file_is_published_as_a_link(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    for one in animations:
        assert (folder / place_of(one)).samefile(one.gif)
        assert (folder / place_of(one)).with_suffix(".webp").samefile(one.sprite)
    for one_doodle in doodles:
        assert (folder / one_doodle.name / "keyframes.png").samefile(one_doodle.keyframes)
        for variant, file in one_doodle.reconstructions.items():
            assert (folder / variant / one_doodle.name / "reconstruction.png").samefile(file)


def test_files_are_copied_if_links_fail(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    write_gallery(folder, doodles, animations)
    for one in animations:
        published = folder / place_of(one)
        assert published.read_bytes() == one.gif.read_bytes()
        assert not published.samefile(one.gif)


def test_second_run_removes_all_files_of_the_first(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    kept = [one for one in animations if one.doodle == "tree" and one.method == "cubic"]
    write_gallery(folder, doodles[:1], kept)
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*.gif")}
    assert found == {place_of(one) for one in kept}
    assert [path.name for path in folder.parent.iterdir()] == ["gifs"]


def test_failed_run_keeps_the_old_gallery(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    before = (folder / "index.html").read_bytes()
    animations[0].gif.unlink()
    with pytest.raises(InkbridgeError, match=r"\.gif: expected a file to publish, found none; .* rm .*\.gif"):
        write_gallery(folder, doodles, animations)
    assert (folder / "index.html").read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["gifs"]


def test_page_shows_each_gif_once_and_loads_it_lazily(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    images = [image for image in page_of(folder).all("img") if (image["src"] or "").endswith(".gif")]
    assert sorted(unquote(image["src"] or "") for image in images) == sorted(map(place_of, animations))
    for image in images:
        assert image["loading"] == "lazy"
        assert (image["width"], image["height"]) == ("256", "256")


def test_every_picture_is_a_file_beside_the_page(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    page = page_of(folder)
    sources = [image["src"] for image in page.all("img")] + [source["srcset"] for source in page.all("source")]
    assert sources
    assert all((folder / unquote(source or "")).is_file() for source in sources)


def test_alternative_texts_name_what_is_shown(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    page = page_of(folder)
    texts = {image["alt"] for image in page.all("img")}
    names = {element["aria-label"] for _, element in page.elements if "aria-label" in element}
    for one in animations:
        what = f"{one.doodle} by {one.variant}, {one.method}, noise {one.noise_std}"
        assert f"Animation of {what}" in texts & names
        assert {f"Latent path of {what}", f"Compare {what}", f"GIF of {what}"} <= names


def test_within_a_variant_noise_grows_along_each_method(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    cells = [item for item in page_of(folder).all("li") if item.get("class") == "card"]
    order = [(cell["data-method"], cell["data-noise"]) for cell in cells[:6]]
    assert order == list(itertools.product(METHODS, ("0", "0.3", "1.2")))


def test_each_value_has_a_filter(folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]) -> None:
    write_gallery(folder, doodles, animations)
    boxes = [(box["name"], box["value"]) for box in page_of(folder).all("input") if "name" in box]
    expected = {"doodle": NAMES, "variant": VARIANTS, "method": METHODS, "noise": ("0", "0.3", "1.2")}
    assert boxes == [(name, value) for name, values in expected.items() for value in values]


def test_each_card_shows_its_metrics(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    text = (folder / "index.html").read_text(encoding="utf-8")
    for name, value in {
        "ghosting": "0.43",
        "ink deviation": "0.012",
        "fragments": "0.25",
        "widening, px": "1.50",
    }.items():
        assert text.count(f"<dt>{name}</dt><dd>{value}</dd>") == len(animations)
    assert "keyframe MSE 0.0004" in text


def test_strokes_can_be_downloaded_if_a_variant_draws_them(folder: Path, tmp_path: Path) -> None:
    painted, drawn = (animation(tmp_path, "a tree?", variant, "linear", "0.3") for variant in VARIANTS)
    drawn = replace(drawn, svg=tmp_path / "drawn.svg", table=tmp_path / "drawn.h5")
    for file in (drawn.svg, drawn.table):
        file.touch()
    write_gallery(folder, [doodle(tmp_path, "a tree?")], [painted, drawn])
    assert (folder / "coordconv64/a tree?/linear_std0.3.svg").samefile(drawn.svg)
    assert (folder / "coordconv64/a tree?/linear_std0.3.h5").samefile(drawn.table)
    addresses = [unquote(anchor["href"] or "") for anchor in page_of(folder).all("a")]
    offered = [address for address in addresses if address.endswith((".svg", ".h5"))]
    assert offered == ["coordconv64/a tree?/linear_std0.3.svg", "coordconv64/a tree?/linear_std0.3.h5"]


def test_metrics_of_an_animation_come_from_two_tables() -> None:
    names = {"variant": ["conv64"] * 2, "doodle": ["tree"] * 2}
    between = {"method": "cubic", "noise_std": [0.0, 0.3], "ghosting": [0.1, 0.2], "ink_deviation": 0.3}
    interpolation = pd.DataFrame({**names, **between, "fragments": 0.4, "widening": 0.5, "path_length": 9.0})
    doodles = pd.DataFrame({**names, "latents": ["encoder", "fitted"], "mse": [0.02, 0.001]})
    figures = metrics_by_setting(interpolation, doodles)
    assert set(figures) == {("conv64", "tree", "cubic", 0.0), ("conv64", "tree", "cubic", 0.3)}
    expected = {"ghosting": 0.2, "ink_deviation": 0.3, "fragments": 0.4, "widening": 0.5, "mse": 0.001}
    assert figures["conv64", "tree", "cubic", 0.3] == expected


def test_paths_of_a_variant_share_one_window(folder: Path, tmp_path: Path) -> None:
    clean, noisy = (animation(tmp_path, "tree", "conv64", "linear", std) for std in ("0", "1.2"))
    write_gallery(folder, [doodle(tmp_path, "tree")], [clean, noisy])
    page = page_of(folder)
    trails = [points_of(path) for path in page.all("path") if path.get("class") == "trail"]
    rings = [points_of(path)[0] for path in page.all("path") if path.get("class") == "ring"]
    _, _, width, height = map(int, next(svg for svg in page.all("svg") if svg.get("class") == "way")["viewbox"].split())
    for trail in trails:
        assert trail[::2] == rings  # a keyframe every second frame
        assert all(0 < x < width and 0 < y < height for x, y in trail)
    assert trails[0] != trails[1]
    first, second, third = map(np.array, rings)
    assert math.dist(first, second) / math.dist(second, third) == pytest.approx(4 / 3, abs=0.02)


def points_of(path: Attributes) -> list[tuple[int, ...]]:
    numbers = [int(number) for number in re.findall(r"-?\d+", path["d"] or "")]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def test_names_are_escaped_and_no_address_is_external(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert "a&amp;b &lt;i&gt;" in text
    assert "a&b" not in text
    assert "http" not in text
    assert "//" not in "".join(value or "" for link in Page(text).all("a") for value in link.values())


@pytest.mark.parametrize("link", [None, "../reports/index.html"])
def test_reports_are_linked_if_there_are_any(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry], link: str | None
) -> None:
    write_gallery(folder, doodles, animations, reports_link=link)
    addresses = {anchor["href"] for anchor in page_of(folder).all("a")}
    assert ("../reports/index.html" in addresses) == (link is not None)


def test_empty_gallery_says_so(folder: Path) -> None:
    write_gallery(folder, [], [])
    [message] = [one for one in page_of(folder).all("p") if one.get("class") == "nothing"]
    assert "hidden" not in message


def test_doodle_without_reconstructions_has_no_details(folder: Path, tmp_path: Path) -> None:
    bare = DoodleEntry("tree", picture(tmp_path / "keyframes.png", (128, 64)), {})
    write_gallery(folder, [bare], [animation(tmp_path, "tree", "conv64", "linear", "0")])
    assert not list(page_of(folder).all("details"))


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b"])
def test_names_that_cannot_be_files_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    one = animation(tmp_path, "tree", name, "linear", "0")
    with pytest.raises(InkbridgeError, match=r"expected a name for a file, found .*; rename it"):
        write_gallery(folder, [doodle(tmp_path, "tree")], [one])


def test_animation_given_twice_is_refused(folder: Path, tmp_path: Path) -> None:
    one = animation(tmp_path, "tree", "conv64", "linear", "0")
    with pytest.raises(InkbridgeError, match=r"expected every animation once, found .* twice"):
        write_gallery(folder, [doodle(tmp_path, "tree")], [one, one])


def test_animation_of_an_unknown_doodle_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InkbridgeError, match="animations of tree without them"):
        write_gallery(folder, [], [animation(tmp_path, "tree", "conv64", "linear", "0")])


@pytest.mark.parametrize("width", [3 * 64, 3 * 64 + 2 * 2])
def test_each_keyframe_of_the_strip_has_its_place(folder: Path, tmp_path: Path, width: int) -> None:
    three = DoodleEntry("tree", picture(tmp_path / "keyframes.png", (width, 64)), {})
    write_gallery(folder, [three], [animation(tmp_path, "tree", "conv64", "linear", "0")])
    keys = [image for image in page_of(folder).all("img") if image.get("class") == "key ink"]
    # the one in ink among the pencilled, then all in order
    assert [key["style"] for key in keys] == ["--at: 50.0%", "--at: 0.0%", "--at: 50.0%", "--at: 100.0%"]


def test_strip_that_is_not_a_row_of_cells_is_refused(folder: Path, tmp_path: Path) -> None:
    odd = DoodleEntry("tree", picture(tmp_path / "keyframes.png", (140, 64)), {})
    with pytest.raises(InkbridgeError, match="140×64"):
        write_gallery(folder, [odd], [animation(tmp_path, "tree", "conv64", "linear", "0")])
    assert not folder.exists()


def test_message_names_the_damaged_source_file(folder: Path, tmp_path: Path) -> None:
    strip = picture(tmp_path / "keyframes.png", (64, 64))
    strip.write_bytes(b"no picture")
    with pytest.raises(InkbridgeError, match=r"^\S*keyframes\.png: expected a picture, found none"):
        write_gallery(folder, [DoodleEntry("tree", strip, {})], [animation(tmp_path, "tree", "conv64", "linear", "0")])
    assert not folder.exists()


def reports_page(rows: list[list[object]]) -> str:
    plot = {"svg": Markup("<svg id='plot'></svg>"), "alt": "Loss & epochs"}
    table = {"columns": ["variant", "SSIM"], "rows": rows}
    text = "Lower is better, < 1."
    sections = [
        {"title": "Training", "text": text, "plot": plot, "table": table, "download": "training.csv"},
        {"title": "Bars", "text": text, "plot": None, "table": None, "download": None},
        {"title": "Words", "text": text, "plot": None, "table": None, "download": None},
    ]
    pictures = [{"title": "tree", "src": "../gifs/conv64/tree/reconstruction.png", "alt": "Three rows"}]
    values = {"title": "Reports", "sections": sections, "pictures": pictures}
    return render("reports.html.jinja", gallery_link="../gifs/index.html", **values)


def test_reports_page_shows_its_sections_and_pictures() -> None:
    text = reports_page([["conv64", 0.9]])
    page = Page(text)
    addresses = {anchor["href"] for anchor in page.all("a")}
    assert {"../gifs/index.html", "training.csv", "#section-1", "#section-3", "#pictures"} <= addresses
    assert {image["alt"] for image in page.all("img")} == {"Three rows"}
    assert "<svg id='plot'>" in text
    assert "Loss &amp; epochs" in text
    assert "Lower is better, &lt; 1." in text
    assert "http" not in text


@pytest.mark.parametrize(
    ("value", "shown", "numeric"),
    [
        (0.123456, "0.1235", True),
        (np.float32(0.5), "0.5000", True),
        (7, "7", True),
        (2318134, "2\u202f318\u202f134", True),
        (23181.34, "23\u202f181", True),
        ("0.93 %", "0.93 %", True),
        (None, "–", True),
        (math.nan, "–", True),
        (True, "True", False),
        ("good", "good", False),
    ],
)
def test_cells_of_tables_are_formatted(value: object, shown: str, numeric: bool) -> None:
    text = reports_page([["conv64", 1.5], ["coordconv64", value]])
    tag = "<td class=number>" if numeric else "<td>"
    assert f"{tag}{shown}</td>" in text


def test_missing_value_of_a_page_is_an_error() -> None:
    with pytest.raises(Exception, match="undefined"):
        render("reports.html.jinja", title="Reports")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("paper", ["#fdfdfb", "#1d2227"])
@pytest.mark.parametrize("colour", [*PENCILS, GRAPHITE])
def test_plot_colours_have_enough_contrast_on_both_papers(colour: str, paper: str) -> None:
    style = (Path(render.__code__.co_filename).parent / "templates/style.css").read_text(encoding="utf-8")
    assert f"--paper: {paper};" in style
    dark, light = sorted((luminance(colour), luminance(paper)))
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_matplotlib_accepts_the_plot_style() -> None:
    with matplotlib.rc_context(plot_style()):
        colours = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
    assert colours == list(PENCILS)
