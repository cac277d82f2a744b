"""The page that shows the animations: each GIF published beside it, grouped by doodle, with its keyframes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from PIL import Image

from inkbridge.errors import InkbridgeError
from inkbridge.pages import render
from inkbridge.rendering import GAP


@dataclass(frozen=True)
class Animation:
    """One GIF on disk, and what it was made with; `noise_std` is text, as the configuration writes it.

    `svg` and `table` are the same animation as vectors, where its variant draws strokes; see `inkbridge.vectors`.
    """

    doodle: str
    variant: str
    method: str
    noise_std: str
    file: Path
    svg: Path | None = None
    table: Path | None = None

    def vectors(self) -> dict[str, Path]:
        """Return the files with its strokes that there are, each under the name that its link has."""
        files = {"SVG": self.svg, "strokes (HDF5)": self.table}
        return {label: file for label, file in files.items() if file is not None}


@dataclass(frozen=True)
class Doodle:
    """The drawings of one doodle, as PNG, white ink on black.

    `keyframes` is one row of K square cells, with the gaps of `rendering.grid` between them or with none.
    `reconstructions` maps the name of a variant to three such rows: the keyframes, what the encoder alone
    makes of them, and what fitting makes of them.
    """

    name: str
    keyframes: Path
    reconstructions: dict[str, Path]


def write_gallery(
    folder: Path,
    doodles: Sequence[Doodle],
    animations: Sequence[Animation],
    reports_link: str | None = None,
) -> None:
    """Publish the animations and drawings in `folder`, and write the page that shows them, `index.html`.

    Whatever `folder` held before is gone. It is made beside its place and moved there when it is whole.
    `reports_link` is the address of the page of the reports, relative to this page.

    InkbridgeError where a name cannot be a file's name, two animations or doodles are the same, an animation
    is of a doodle that is not among `doodles`, or keyframes are not a row of square cells.
    """
    _check(doodles, animations)
    workspace = folder.parent / f".{folder.name}.partial"
    shutil.rmtree(workspace, ignore_errors=True)  # what a killed run has left
    fresh = workspace / "fresh"
    fresh.mkdir(parents=True)
    try:
        for source, place in _publications(doodles, animations):
            _publish(source, fresh / place)
        page = _page(doodles, animations, reports_link)
        (fresh / "index.html").write_text(page, encoding="utf-8")
        _swap(fresh, folder, workspace / "former")
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _check(doodles: Sequence[Doodle], animations: Sequence[Animation]) -> None:
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


def _publications(doodles: Sequence[Doodle], animations: Sequence[Animation]) -> Iterable[tuple[Path, PurePosixPath]]:
    """Yield each file to publish and its place in the gallery's folder."""
    for animation in animations:
        for file in (animation.file, *animation.vectors().values()):
            yield file, _place_of_animation(animation, file.suffix)
    for doodle in doodles:
        yield doodle.keyframes, _place_of_keyframes(doodle)
        for variant, file in doodle.reconstructions.items():
            yield file, _place_of_reconstruction(doodle, variant)


def _place_of_animation(animation: Animation, suffix: str) -> PurePosixPath:
    file = f"{animation.method}_std{animation.noise_std}{suffix}"
    return PurePosixPath(animation.variant, animation.doodle, file)


def _place_of_keyframes(doodle: Doodle) -> PurePosixPath:
    return PurePosixPath(doodle.name, "keyframes.png")


def _place_of_reconstruction(doodle: Doodle, variant: str) -> PurePosixPath:
    return PurePosixPath(variant, doodle.name, "reconstruction.png")


def _publish(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source.resolve())
    except OSError:  # another file system, or one without links
        shutil.copy2(source, target)


def _swap(fresh: Path, folder: Path, former: Path) -> None:
    if folder.exists():
        folder.rename(former)
    fresh.rename(folder)


def _page(doodles: Sequence[Doodle], animations: Sequence[Animation], reports_link: str | None) -> str:
    noises = sorted({one.noise_std for one in animations}, key=float)
    shown = [doodle for doodle in doodles if any(one.doodle == doodle.name for one in animations)]
    return render(
        "gallery.html.jinja",
        groups=[_group(doodle, animations) for doodle in shown],
        facets=[
            _facet("doodle", "Doodle", [doodle.name for doodle in shown]),
            _facet("variant", "Variant", _in_order(one.variant for one in animations)),
            _facet("method", "Method", _in_order(one.method for one in animations)),
            _facet("noise", "Noise", noises),
        ],
        columns=max(1, len(noises)),
        total=len(animations),
        reports_link=reports_link,
    )


def _facet(name: str, label: str, values: Sequence[str]) -> dict[str, object]:
    return {"name": name, "label": label, "values": values}


def _in_order(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order of first appearance, which is that of the configuration."""
    return list(dict.fromkeys(names))


def _group(doodle: Doodle, animations: Sequence[Animation]) -> dict[str, object]:
    own = [one for one in animations if one.doodle == doodle.name]
    variants = _in_order(one.variant for one in own)
    return {
        "name": doodle.name,
        "keyframes": _keyframes(doodle),
        "variants": [_variant(doodle, name, own) for name in variants],
    }


def _variant(doodle: Doodle, variant: str, animations: Sequence[Animation]) -> dict[str, object]:
    own = [one for one in animations if one.variant == variant]
    methods = _in_order(one.method for one in own)
    own.sort(key=lambda one: (methods.index(one.method), float(one.noise_std)))
    cells = [_cell(one) for one in own]
    return {"name": variant, "reconstruction": _reconstruction(doodle, variant), "animations": cells}


def _cell(animation: Animation) -> dict[str, object]:
    return {
        "method": animation.method,
        "noise_std": animation.noise_std,
        "source": _address(_place_of_animation(animation, animation.file.suffix)),
        "vectors": {
            label: _address(_place_of_animation(animation, file.suffix)) for label, file in animation.vectors().items()
        },
    }


def _reconstruction(doodle: Doodle, variant: str) -> dict[str, object] | None:
    if variant not in doodle.reconstructions:
        return None
    width, height = _size(doodle.reconstructions[variant])
    source = _address(_place_of_reconstruction(doodle, variant))
    return {"source": source, "width": width, "height": height}


def _keyframes(doodle: Doodle) -> dict[str, object]:
    """Return where the page finds each keyframe: its place in the strip, in percent as CSS counts it."""
    count = _count_cells(doodle.keyframes)
    places = [round(100 * index / max(1, count - 1), 3) for index in range(count)]
    still = count // 2  # a doodle's first drawing is often just a dot
    source = _address(_place_of_keyframes(doodle))
    return {"source": source, "places": places, "still_index": still, "still": places[still]}


def _count_cells(file: Path) -> int:
    """Return how many square cells stand in the row that a picture shows."""
    width, height = _size(file)
    for gap in (GAP, 0):
        count, rest = divmod(width + gap, height + gap)
        if count and not rest:
            return count
    raise InkbridgeError(f"{file}: {width}x{height} pixels; expected one row of square cells")


def _size(file: Path) -> tuple[int, int]:
    with Image.open(file) as image:
        return image.size


def _address(place: PurePosixPath) -> str:
    return quote(str(place))
