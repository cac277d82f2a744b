"""The page that shows the animations, grouped by doodle: each GIF and what the page plays it from beside it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import numpy as np
import pandas as pd
from PIL import Image

from inkbridge.evaluation.labels import INTERPOLATION_METRICS, LABELS
from inkbridge.export.montage import GAP
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import atomic_folder, how_to_remake, unreadable
from inkbridge.support.provenance.record import Provenance
from inkbridge.web.pages import render
from inkbridge.web.sprites import PathPlot, SpriteRecord, read_sprite_record

Setting = tuple[str, str, str, float]
"""Variant, doodle, method and noise std of an animation."""

_PLOT_SIZE = 1000
"""Units of the longer side of a plot of paths: whole numbers are then fine enough, and short."""

_NUMBER_DISTANCE = 48
"""Units from a keyframe's ring to the middle of its number."""

_PLOT_MARGIN = 0.08
"""Part of that side that is left free around the paths, for the rings of keyframes."""


@dataclass(frozen=True)
class GalleryAnimation:
    """One GIF on disk, and what it was made with; `noise_std` is text, as the configuration writes it.

    `sprite` and `record` are what the page plays it from; see `inkbridge.web.sprites`. `figures` are its own of those
    that `metrics_by_setting` returns. `svg` and `table` are the same animation as vectors, where its variant draws
    strokes; see `inkbridge.export.vectors`.
    """

    doodle: str
    variant: str
    method: str
    noise_std: str
    file: Path
    sprite: Path
    record: Path
    figures: Mapping[str, float] = field(hash=False)
    svg: Path | None = None
    table: Path | None = None

    def downloads(self) -> dict[str, Path]:
        """Return the files that a reader may want, each under the name that its link has."""
        files = {"GIF": self.file, "SVG": self.svg, "HDF5": self.table}
        return {label: file for label, file in files.items() if file is not None}


@dataclass(frozen=True)
class GalleryDoodle:
    """The drawings of one doodle, as PNG, white ink on black.

    `keyframes` is one row of K square cells, with the gaps of `rendering.grid` between them or with none.
    `reconstructions` maps the name of a variant to three such rows: the keyframes, what the encoder alone
    makes of them, and what fitting makes of them.
    """

    name: str
    keyframes: Path
    reconstructions: dict[str, Path]


def metrics_by_setting(interpolation: pd.DataFrame, doodles: pd.DataFrame) -> dict[Setting, dict[str, float]]:
    """Return the figures of each animation from two tables of the reports: those between its keyframes, and ``mse``,
    the error of its keyframes, fitted where they are."""
    errors = doodles.drop_duplicates(["variant", "doodle"], keep="last")  # fitted stands behind encoder alone
    rows = interpolation.merge(errors[["variant", "doodle", "mse"]], on=["variant", "doodle"])
    return {
        (row["variant"], row["doodle"], row["method"], float(row["noise_std"])): {
            name: float(row[name]) for name in (*INTERPOLATION_METRICS, "mse")
        }
        for row in rows.to_dict("records")
    }


def write_gallery(
    folder: Path,
    doodles: Sequence[GalleryDoodle],
    animations: Sequence[GalleryAnimation],
    reports_link: str | None = None,
    provenance: Provenance | None = None,
) -> None:
    """Publish the animations and drawings in `folder`, and write the page that shows them, `index.html`.

    Whatever `folder` held before is gone. It is made beside its place and moved there when it is whole.
    `reports_link` is the address of the page of the reports, relative to this page.

    InkbridgeError where a name cannot be a file's name, two animations or doodles are the same, an animation
    is of a doodle that is not among `doodles`, keyframes are not a row of square cells, a file is missing or damaged,
    or `folder` cannot be written.
    """
    _check(doodles, animations)
    publications = list(_publications(doodles, animations))
    for source, _ in publications:
        if not source.is_file():
            raise InkbridgeError(f"{source}: expected a file to publish, found none; {how_to_remake(source)}")
    page = _page(doodles, animations, reports_link, provenance)
    with atomic_folder(folder) as temporary:
        for source, place in publications:
            _publish(source, temporary / place)
        (temporary / "index.html").write_text(page, encoding="utf-8")


def _check(doodles: Sequence[GalleryDoodle], animations: Sequence[GalleryAnimation]) -> None:
    names = [doodle.name for doodle in doodles]
    parts = [(one.doodle, one.variant, one.method, one.noise_std) for one in animations]
    variants = [variant for doodle in doodles for variant in doodle.reconstructions]
    for name in {*names, *variants, *(part for one in parts for part in one)}:
        if name in {"", ".", ".."} or "/" in name or "\\" in name:
            raise InkbridgeError(f"gallery: {name!r} cannot name a file; rename it without slashes")
    _check_unique("doodle", names)
    _check_unique("animation", [" ".join(one) for one in parts])
    strangers = sorted({one.doodle for one in animations} - set(names))
    if strangers:
        raise InkbridgeError(f"gallery: animations of {', '.join(strangers)} came without their keyframes")


def _check_unique(kind: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise InkbridgeError(f"gallery: the {kind} {twice[0]!r} is given twice; give each one once")


def _publications(
    doodles: Sequence[GalleryDoodle], animations: Sequence[GalleryAnimation]
) -> Iterable[tuple[Path, PurePosixPath]]:
    """Yield each file to publish and its place in the gallery's folder."""
    for animation in animations:
        for file in (animation.sprite, *animation.downloads().values()):
            yield file, _place_of_animation(animation, file.suffix)
    for doodle in doodles:
        yield doodle.keyframes, _place_of_keyframes(doodle)
        for variant, file in doodle.reconstructions.items():
            yield file, _place_of_reconstruction(doodle, variant)


def _place_of_animation(animation: GalleryAnimation, suffix: str) -> PurePosixPath:
    file = f"{animation.method}_std{animation.noise_std}{suffix}"
    return PurePosixPath(animation.variant, animation.doodle, file)


def _place_of_keyframes(doodle: GalleryDoodle) -> PurePosixPath:
    return PurePosixPath(doodle.name, "keyframes.png")


def _place_of_reconstruction(doodle: GalleryDoodle, variant: str) -> PurePosixPath:
    return PurePosixPath(variant, doodle.name, "reconstruction.png")


def _publish(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source.resolve())
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _page(
    doodles: Sequence[GalleryDoodle],
    animations: Sequence[GalleryAnimation],
    reports_link: str | None,
    provenance: Provenance | None,
) -> str:
    noises = sorted({one.noise_std for one in animations}, key=float)
    shown = [doodle for doodle in doodles if any(one.doodle == doodle.name for one in animations)]
    records = {one: read_sprite_record(one.record) for one in animations}
    return render(
        "gallery.html.jinja",
        groups=[
            _group(doodle, {one: records[one] for one in animations if one.doodle == doodle.name}) for doodle in shown
        ],
        facets=[
            _facet("doodle", "Doodle", [doodle.name for doodle in shown]),
            _facet("variant", "Variant", _in_order(one.variant for one in animations)),
            _facet("method", "Method", _in_order(one.method for one in animations)),
            _facet("noise", "Noise", noises),
        ],
        columns=max(1, len(noises)),
        total=len(animations),
        frame_ms=next((record.frame_ms for record in records.values()), 0),
        reports_link=reports_link,
        provenance=provenance,
    )


def _facet(name: str, label: str, values: Sequence[str]) -> dict[str, object]:
    return {"name": name, "label": label, "values": values}


def _in_order(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order of first appearance, which is that of the configuration."""
    return list(dict.fromkeys(names))


def _group(doodle: GalleryDoodle, records: Mapping[GalleryAnimation, SpriteRecord]) -> dict[str, object]:
    variants = _in_order(one.variant for one in records)
    return {
        "name": doodle.name,
        "keyframes": _keyframes(doodle),
        "variants": [
            _variant(doodle, name, {one: record for one, record in records.items() if one.variant == name})
            for name in variants
        ],
    }


def _variant(
    doodle: GalleryDoodle, variant: str, records: Mapping[GalleryAnimation, SpriteRecord]
) -> dict[str, object]:
    methods = _in_order(one.method for one in records)
    own = sorted(records, key=lambda one: (methods.index(one.method), float(one.noise_std)))
    frame = _Frame.around([record.plot for record in records.values()])
    some = records[own[0]]
    return {
        "name": variant,
        "reconstruction": _reconstruction(doodle, variant),
        "animations": [_cell(one, records[one], frame) for one in own],
        "view_box": f"0 0 {frame.width} {frame.height}",
        "keyframes": _keys(frame.place(some.plot.keyframes)),
        "straight": frame.line(some.plot.keyframes, _loops(some)),
        "origin": frame.place([some.plot.origin])[0],
        "error": format(own[0].figures["mse"], LABELS["mse"].format),
    }


def _keys(places: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """Return where the rings of keyframes are, and their numbers, which stand outwards of them."""
    points = np.array(places)
    outwards = points - points.mean(axis=0)
    outwards *= _NUMBER_DISTANCE / np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1)
    numbers = np.rint(points + outwards).astype(int).tolist()
    return [
        {"x": x, "y": y, "number_x": number_x, "number_y": number_y}
        for (x, y), (number_x, number_y) in zip(places, numbers, strict=True)
    ]


@dataclass(frozen=True)
class _Frame:
    """The window onto projected paths that a plot shows; y points up in paths, and down in a plot."""

    left: float
    top: float
    scale: float
    width: int
    height: int

    @classmethod
    def around(cls, plots: Sequence[PathPlot]) -> _Frame:
        """Return the window that shows all of `plots`, so that they compare."""
        points = np.array([point for plot in plots for point in (*plot.path, *plot.keyframes)])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = _PLOT_MARGIN * max(*(high - low), 1e-6)
        width, height = high - low + 2 * margin
        scale = _PLOT_SIZE / max(width, height)
        return cls(low[0] - margin, high[1] + margin, scale, round(width * scale), round(height * scale))

    def place(self, points: Iterable[tuple[float, float]]) -> list[tuple[int, int]]:
        return [(round((x - self.left) * self.scale), round((self.top - y) * self.scale)) for x, y in points]

    def line(self, points: Iterable[tuple[float, float]], closed: bool) -> str:
        """Return a path as SVG writes it."""
        return "M" + " ".join(f"{x} {y}" for x, y in self.place(points)) + ("Z" if closed else "")


def _loops(record: SpriteRecord) -> bool:
    return record.sprite.frames > record.keyframe_frames[-1] + 1


def _cell(animation: GalleryAnimation, record: SpriteRecord, frame: _Frame) -> dict[str, object]:
    return {
        "id": f"{animation.doodle}/{animation.variant}/{animation.method}/{animation.noise_std}",
        "method": animation.method,
        "noise_std": animation.noise_std,
        "source": _address(_place_of_animation(animation, animation.file.suffix)),
        "sprite": _address(_place_of_animation(animation, animation.sprite.suffix)),
        "shape": record.sprite,
        "keyframes": ",".join(map(str, record.keyframe_frames)),
        "path": frame.line(record.plot.path, _loops(record)),
        "downloads": {
            label: _address(_place_of_animation(animation, file.suffix))
            for label, file in animation.downloads().items()
        },
        "figures": [
            {"name": label.text, "key": key, "value": format(animation.figures[key], label.format)}
            for key, label in LABELS.items()
            if key in animation.figures
        ],
    }


def _reconstruction(doodle: GalleryDoodle, variant: str) -> dict[str, object] | None:
    if variant not in doodle.reconstructions:
        return None
    width, height = _size(doodle.reconstructions[variant])
    source = _address(_place_of_reconstruction(doodle, variant))
    return {"source": source, "width": width, "height": height}


def _keyframes(doodle: GalleryDoodle) -> dict[str, object]:
    """Return where the page finds each keyframe: its place in the strip, in percent as CSS counts it."""
    count = _count_cells(doodle.keyframes)
    places = [round(100 * index / max(1, count - 1), 3) for index in range(count)]
    still = count // 2  # a doodle's first drawing is often just a dot
    source = _address(_place_of_keyframes(doodle))
    return {"source": source, "places": places, "still_index": still}


def _count_cells(file: Path) -> int:
    """Return how many square cells stand in the row that a picture shows."""
    width, height = _size(file)
    for gap in (GAP, 0):
        count, rest = divmod(width + gap, height + gap)
        if count and not rest:
            return count
    raise InkbridgeError(f"{file}: {width}x{height} pixels; expected one row of square cells")


def _size(file: Path) -> tuple[int, int]:
    try:
        with Image.open(file) as image:
            return image.size
    except OSError as error:
        if error.errno is not None:
            raise unreadable(file, "a picture", error) from error
        raise InkbridgeError(
            f"{file}: expected a picture, found none that can be read ({error}); {how_to_remake(file)}"
        ) from error


def _address(place: PurePosixPath) -> str:
    return quote(str(place))
