"""The values that the gallery's templates show for each entry."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from inkbridge.evaluation.labels import LABELS
from inkbridge.export.montage import GAP
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import how_to_remake, unreadable
from inkbridge.support.provenance.record import Provenance
from inkbridge.web.entries import AnimationEntry, DoodleEntry
from inkbridge.web.pages import render
from inkbridge.web.playback import Playback, ProjectedPath, read_playback

MOST_AT_ONCE = 300
"""Most animations of a gallery whose page holds them all. The default configuration has 288."""

_FIRST_DOODLES = 2
"""Doodles that the page of a larger gallery holds."""

_PLOT_SIZE = 1000
"""Units of the longer side of a plot of paths: enough that coordinates can be whole numbers, which are short."""

_NUMBER_DISTANCE = 48
"""Units from a keyframe's ring to the middle of its number."""

_PLOT_MARGIN = 0.08
"""Part of the longer side that stays free around the paths, for the rings of keyframes."""


def gallery_page(
    doodles: Sequence[DoodleEntry],
    animations: Sequence[AnimationEntry],
    reports_link: str | None,
    provenance: Provenance | None,
) -> dict[PurePosixPath, str]:
    """Return the texts of the page, ``index.html``, and of the scripts with which it shows more doodles, by their
    places in the gallery's folder.

    The page itself holds the first doodles. The others are scripts of their own, which the page loads when they come
    into view: with thousands of animations, it would be slow to load and to show. A page that is opened from disk may
    load scripts, but no other files.

    Raises :class:`InkbridgeError` if a file that it describes is missing or damaged.
    """
    by_doodle: dict[str, list[AnimationEntry]] = {}
    for one in animations:
        by_doodle.setdefault(one.doodle, []).append(one)
    shown = [doodle for doodle in doodles if doodle.name in by_doodle]
    playbacks = {one: read_playback(one.playback) for one in animations}
    groups = [
        _group(number, doodle, {one: playbacks[one] for one in by_doodle[doodle.name]})
        for number, doodle in enumerate(shown, 1)
    ]
    at_once = _count_at_once([len(by_doodle[doodle.name]) for doodle in shown])
    facets = [
        _facet("doodle", "Doodle", [doodle.name for doodle in shown]),
        _facet("variant", "Variant", _in_order(one.variant for one in animations)),
        _facet("method", "Method", _in_order(one.method for one in animations)),
        _facet("noise", "Noise", sorted({one.noise_std for one in animations}, key=float)),
    ]
    later = {doodle.name: by_doodle[doodle.name] for doodle in shown[at_once:]}
    page = render(
        "gallery.html.jinja",
        parade=groups[:8],
        groups=groups[:at_once],
        later=[_later(name, own) for name, own in later.items()],
        facts_of_later=_facts(later, playbacks, [facet["values"] for facet in facets[1:]]),
        facets=facets,
        total=len(animations),
        reports_link=reports_link,
        provenance=provenance,
    )
    texts = {PurePosixPath("index.html"): page}
    for group in groups[at_once:]:
        name, content = group["name"], render("later.html.jinja", group=group)
        texts[_place_of_later(name)] = f"showDoodle({json.dumps(name)}, {json.dumps(content)});\n"
    return texts


def _count_at_once(counts: Sequence[int]) -> int:
    """Return how many doodles, with these ``counts`` of animations, the page itself holds."""
    return len(counts) if sum(counts) <= MOST_AT_ONCE else _FIRST_DOODLES


def _place_of_later(doodle: str) -> PurePosixPath:
    return PurePosixPath(doodle, "animations.js")


def _later(doodle: str, animations: Sequence[AnimationEntry]) -> dict[str, object]:
    """Return what the page holds of a doodle that it shows later: without scripts, it shows the GIFs."""
    return {
        "name": doodle,
        "content": _address(_place_of_later(doodle)),
        "animations": [{"source": _address(one.place(one.gif)), "what": one.description()} for one in animations],
    }


def _facts(
    later: Mapping[str, Sequence[AnimationEntry]],
    playbacks: Mapping[AnimationEntry, Playback],
    names: Sequence[Sequence[str]],
) -> dict[str, object]:
    """Return what filters and the clock need to know of the animations that are shown later.

    An animation is the numbers of its variant, method and noise among ``names``, and of its pace among ``paces``: the
    count of its frames, milliseconds a frame, and its keyframes.
    """
    numbers = [{name: number for number, name in enumerate(some)} for some in names]
    paces: dict[tuple[int, int, str], int] = {}
    doodles = []
    for doodle, animations in later.items():
        rows = []
        for one in animations:
            pace = _pace(playbacks[one])
            own = zip(numbers, (one.variant, one.method, one.noise_std), strict=True)
            rows.append([*(known[name] for known, name in own), paces.setdefault(pace, len(paces))])
        doodles.append([doodle, rows])
    return {"names": names, "paces": list(paces), "doodles": doodles}


def _pace(playback: Playback) -> tuple[int, int, str]:
    return playback.sprite.frames, playback.frame_ms, ",".join(map(str, playback.keyframe_frames))


def _facet(name: str, label: str, values: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "label": label, "values": values}


def _in_order(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order of first appearance, which is the order of the configuration."""
    return list(dict.fromkeys(names))


def _group(number: int, doodle: DoodleEntry, playbacks: Mapping[AnimationEntry, Playback]) -> dict[str, Any]:
    variants = _in_order(one.variant for one in playbacks)
    return {
        "number": number,
        "name": doodle.name,
        "keyframes": _keyframes(doodle),
        "match": _match(doodle),
        "columns": len({one.noise_std for one in playbacks}),
        "variants": [
            _variant(doodle, name, {one: playback for one, playback in playbacks.items() if one.variant == name})
            for name in variants
        ],
    }


def _variant(doodle: DoodleEntry, variant: str, playbacks: Mapping[AnimationEntry, Playback]) -> dict[str, object]:
    methods = _in_order(one.method for one in playbacks)
    own = sorted(playbacks, key=lambda one: (methods.index(one.method), float(one.noise_std)))
    window = _Window.around([playback.plot for playback in playbacks.values()])
    some = playbacks[own[0]]
    return {
        "name": variant,
        "reconstruction": _reconstruction(doodle, variant),
        "animations": [_cell(one, playbacks[one], window) for one in own],
        "view_box": f"0 0 {window.width} {window.height}",
        "keyframes": _keys(window.place(some.plot.keyframes)),
        "straight": window.line(some.plot.keyframes, _loops(some)),
        "origin": window.place([some.plot.origin])[0],
        "error": format(own[0].metrics["mse"], LABELS["mse"].format),
    }


def _keys(places: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """Return the places of the keyframes' rings, and of their numbers on the outer side of the rings."""
    points = np.array(places)
    outwards = points - points.mean(axis=0)
    outwards *= _NUMBER_DISTANCE / np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1)
    numbers = np.rint(points + outwards).astype(int).tolist()
    return [
        {"x": x, "y": y, "number_x": number_x, "number_y": number_y}
        for (x, y), (number_x, number_y) in zip(places, numbers, strict=True)
    ]


@dataclass(frozen=True)
class _Window:
    """The part of the plane of projected paths that a plot shows; y points up in paths, and down in a plot."""

    left: float
    top: float
    scale: float
    width: int
    height: int

    @classmethod
    def around(cls, plots: Sequence[ProjectedPath]) -> _Window:
        """Return the window that shows all of ``plots``, so that they can be compared."""
        points = np.array([point for plot in plots for point in (*plot.path, *plot.keyframes)])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = _PLOT_MARGIN * max(*(high - low), 1e-6)
        width, height = high - low + 2 * margin
        scale = _PLOT_SIZE / max(width, height)
        return cls(low[0] - margin, high[1] + margin, scale, round(width * scale), round(height * scale))

    def place(self, points: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
        return [(round((x - self.left) * self.scale), round((self.top - y) * self.scale)) for x, y in points]

    def line(self, points: Iterable[tuple[float, float]], closed: bool) -> str:
        """Return the ``d`` attribute of a path in SVG."""
        return "M" + " ".join(f"{x} {y}" for x, y in self.place(points)) + ("Z" if closed else "")


def _loops(playback: Playback) -> bool:
    return playback.sprite.frames > playback.keyframe_frames[-1] + 1


def _cell(animation: AnimationEntry, playback: Playback, window: _Window) -> dict[str, object]:
    return {
        "id": f"{animation.doodle}/{animation.variant}/{animation.method}/{animation.noise_std}",
        "what": animation.description(),
        "method": animation.method,
        "noise_std": animation.noise_std,
        "source": _address(animation.place(animation.gif)),
        "sprite": _address(animation.place(animation.sprite)),
        "layout": playback.sprite,
        "frame_ms": playback.frame_ms,
        "keyframes": _pace(playback)[-1],
        "path": window.line(playback.plot.path, _loops(playback)),
        "downloads": {label: _address(animation.place(file)) for label, file in animation.downloads().items()},
        "metrics": [
            {"name": label.text, "key": key, "value": format(animation.metrics[key], label.format)}
            for key, label in LABELS.items()
            if key in animation.metrics
        ],
    }


def _reconstruction(doodle: DoodleEntry, variant: str) -> dict[str, object] | None:
    if variant not in doodle.reconstructions:
        return None
    width, height = _size(doodle.reconstructions[variant])
    source = _address(doodle.reconstruction_place(variant))
    return {"source": source, "width": width, "height": height}


def _match(doodle: DoodleEntry) -> dict[str, object] | None:
    if doodle.match is None:
        return None
    width, height = _size(doodle.match)
    return {"source": _address(doodle.match_place()), "width": width, "height": height}


def _keyframes(doodle: DoodleEntry) -> dict[str, object]:
    """Return the place of each keyframe in the strip, in percent as in CSS."""
    count = _count_cells(doodle.keyframes)
    places = [round(100 * index / max(1, count - 1), 3) for index in range(count)]
    still = count // 2  # a doodle's first drawing is often just a dot
    source = _address(doodle.keyframes_place())
    return {"source": source, "places": places, "still_index": still}


def _count_cells(file: Path) -> int:
    """Return how many square cells a picture of one row has."""
    width, height = _size(file)
    for gap in (GAP, 0):
        count, rest = divmod(width + gap, height + gap)
        if count and not rest:
            return count
    raise InkbridgeError(
        f"{file}: expected one row of square cells, found {width}×{height} pixels; {how_to_remake(file)}"
    )


def _size(file: Path) -> tuple[int, int]:
    try:
        # Pillow, whose error says what is wrong with a damaged picture; that of imageio's improps does not.
        with Image.open(file) as picture:
            return picture.size
    except OSError as error:
        if error.errno is not None:
            raise unreadable(file, "a picture", error) from error
        raise InkbridgeError(
            f"{file}: expected a picture, found none that can be read ({error}); {how_to_remake(file)}"
        ) from error


def _address(place: PurePosixPath) -> str:
    return quote(str(place))
