"""The values that the gallery's template shows for each entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
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
) -> str:
    """Return the text of the page. Raises :class:`InkbridgeError` if a file that it describes is missing or damaged."""
    noises = sorted({one.noise_std for one in animations}, key=float)
    shown = [doodle for doodle in doodles if any(one.doodle == doodle.name for one in animations)]
    playbacks = {one: read_playback(one.playback) for one in animations}
    return render(
        "gallery.html.jinja",
        groups=[
            _group(doodle, {one: playbacks[one] for one in animations if one.doodle == doodle.name}) for doodle in shown
        ],
        facets=[
            _facet("doodle", "Doodle", [doodle.name for doodle in shown]),
            _facet("variant", "Variant", _in_order(one.variant for one in animations)),
            _facet("method", "Method", _in_order(one.method for one in animations)),
            _facet("noise", "Noise", noises),
        ],
        total=len(animations),
        reports_link=reports_link,
        provenance=provenance,
    )


def _facet(name: str, label: str, values: Sequence[str]) -> dict[str, object]:
    return {"name": name, "label": label, "values": values}


def _in_order(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order of first appearance, which is the order of the configuration."""
    return list(dict.fromkeys(names))


def _group(doodle: DoodleEntry, playbacks: Mapping[AnimationEntry, Playback]) -> dict[str, object]:
    variants = _in_order(one.variant for one in playbacks)
    return {
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
        "method": animation.method,
        "noise_std": animation.noise_std,
        "source": _address(animation.place(animation.gif)),
        "sprite": _address(animation.place(animation.sprite)),
        "layout": playback.sprite,
        "frame_ms": playback.frame_ms,
        "keyframes": ",".join(map(str, playback.keyframe_frames)),
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
