"""The gallery's page shows each animation and each doodle once, with names, metrics and links."""

from __future__ import annotations

import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

from inkbridge.support.errors import InkbridgeError
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.gallery import write_gallery
from tests.unit.web.small_gallery import (
    METHODS,
    NAMES,
    VARIANTS,
    Attributes,
    Page,
    animation,
    doodle,
    page_of,
    picture,
    place_of,
)


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
        "knots": "0.75",
        "length error": "0.034",
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


def test_what_each_stroke_becomes_is_shown_once_a_doodle(
    folder: Path, doodles: list[DoodleEntry], animations: list[AnimationEntry]
) -> None:
    write_gallery(folder, doodles, animations)
    shown = [image for image in page_of(folder).all("img") if (image["src"] or "").endswith("/match.png")]
    assert [unquote(image["src"] or "") for image in shown] == [f"{one.name}/match.png" for one in doodles]
    assert {(image["width"], image["height"]) for image in shown} == {("1112", "664")}


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


# --- large galleries -------------------------------------------------------------------------------------


def large_gallery(tmp_path: Path, count: int) -> list[AnimationEntry]:
    """Return as many animations of each of 26 doodles, all with the same files."""
    one = animation(tmp_path, "tree", "conv64", "linear", "0")
    names = [f"doodle{number}" for number in range(26)]
    return [
        replace(one, doodle=name, noise_std=str(number / 10), variant=variant)
        for name, variant in itertools.product(names, VARIANTS)
        for number in range(count // 2)
    ]


def written(folder: Path, tmp_path: Path, animations: list[AnimationEntry]) -> str:
    strip = picture(tmp_path / "keyframes.png", (192, 64))
    names = dict.fromkeys(one.doodle for one in animations)
    write_gallery(folder, [DoodleEntry(name, strip, {}) for name in names], animations)
    return (folder / "index.html").read_text(encoding="utf-8")


def test_page_of_a_large_gallery_holds_two_doodles_and_scripts_hold_the_others(folder: Path, tmp_path: Path) -> None:
    animations = large_gallery(tmp_path, 12)
    page = Page(written(folder, tmp_path, animations))
    cards = [item for item in page.all("li") if item.get("class") == "card"]
    assert {(card["data-id"] or "").split("/")[0] for card in cards} == {"doodle0", "doodle1"}
    later = [section for section in page.all("section") if "data-content" in section]
    assert len(later) == 24
    for section in later:
        script = (folder / unquote(section["data-content"] or "")).read_text(encoding="utf-8")
        name, content = json.loads("[" + script.removeprefix("showDoodle(").removesuffix(");\n") + "]")
        shown = [item["data-id"] for item in Page(content).all("li") if item.get("class") == "card"]
        assert name == section["data-doodle"]
        assert sorted(shown) == sorted(identity(one) for one in animations if one.doodle == name)


def test_page_of_a_large_gallery_knows_what_filters_and_the_clock_need(folder: Path, tmp_path: Path) -> None:
    animations = large_gallery(tmp_path, 12)
    text = written(folder, tmp_path, animations)
    found = re.search(r'<script type="application/json" id="later">(.*?)</script>', text)
    assert found is not None
    facts = json.loads(found[1])
    known = {
        "/".join([doodle, *(names[number] for names, number in zip(facts["names"], row, strict=False))])
        for doodle, rows in facts["doodles"]
        for row in rows
    }
    assert known == {identity(one) for one in animations if one.doodle not in ("doodle0", "doodle1")}
    assert facts["paces"] == [[5, 30, "0,2,4"]]


def identity(one: AnimationEntry) -> str:
    return f"{one.doodle}/{one.variant}/{one.method}/{one.noise_std}"


def test_another_animation_adds_little_to_the_page_of_a_large_gallery(folder: Path, tmp_path: Path) -> None:
    sizes = {}
    for count in (16, 32):
        animations = [one for one in large_gallery(tmp_path, count) if one.doodle not in ("doodle0", "doodle1")]
        first = [one for one in large_gallery(tmp_path, 16) if one.doodle in ("doodle0", "doodle1")]
        sizes[count] = len(written(folder, tmp_path, first + animations))
    assert (sizes[32] - sizes[16]) / (24 * 16) < 250  # bytes: 10,000 animations fit into 3 MB
