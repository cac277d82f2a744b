"""The strokes of an animation → files for browsers and other programs: an animated SVG, and a table in HDF5.

The strokes of an animation are ``float32 [T, N, 10]``: N strokes in each of T frames, each given by the ten numbers of
:mod:`inkbridge.strokes.bezier`. Stroke n is the same stroke in every frame.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np
from numpy.typing import NDArray

from inkbridge import CELL
from inkbridge.export.colours import WHITE_ON_BLACK, Colour, Colours
from inkbridge.strokes.bezier import VALUES
from inkbridge.support.files import atomic_write
from inkbridge.support.hdf5 import write_hdf5
from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance, as_text

Strokes = NDArray[np.float32]

COLUMNS = ("x0", "y0", "x1", "y1", "x2", "y2", "x3", "y3", "width", "opacity")
"""Names of the ten numbers of a stroke: control points and width in pixels of a cell of 64 × 64, opacity in [0, 1]."""

TABLE_VERSION = 1
"""Version of the table's format, for programs that read it."""

_FAINTEST = 1 / 255
"""Opacity below which a stroke cannot be seen on a screen."""

_GAP, _CAPTION = 2, 8
"""Space between the cells of a grid, and height of the caption below each, in pixels of a cell of 64 × 64."""

_CHUNK = 256
"""Frames in a chunk of HDF5: a few hundred kilobytes."""


def write_svg(
    path: Path,
    strokes: Strokes,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write strokes ``[T, N, 10]`` as an SVG that loops without end. Each frame is shown for ``frame_ms`` milliseconds.

    Each stroke is one path. Its attributes are those of the first frame, which programs without animation show. SMIL
    animates the attributes that change, with a list of T values. Numbers have two decimals. Widths and opacities are
    clipped to what SVG allows: it would draw a negative width as 1. Strokes that are never visible are left out.
    ``provenance`` is stored as metadata. The file appears whole or not at all.

    Raises ValueError if ``strokes`` has another shape, is empty or holds a number that is not finite, or if
    ``frame_ms`` is not positive.
    """
    drawing = _drawing(CELL, CELL, colours)
    _draw_cell(drawing, strokes, frame_ms, colours)
    _write(path, drawing, provenance)


def write_svg_grid(
    path: Path,
    rows: Sequence[Sequence[Strokes]],
    captions: Sequence[Sequence[str]],
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write rows of animations ``[T, N, 10]`` as one SVG: all in step, with a caption below each.

    Everything else is as in :func:`write_svg`.
    """
    pitch, line = CELL + _GAP, CELL + _CAPTION + _GAP
    drawing = _drawing(len(rows[0]) * pitch - _GAP, len(rows) * line - _GAP, colours)
    for row, (animations, texts) in enumerate(zip(rows, captions, strict=True)):
        for column, (strokes, text) in enumerate(zip(animations, texts, strict=True)):
            left, top = column * pitch, row * line
            _draw_cell(drawing, strokes, frame_ms, colours, x=str(left), y=str(top))
            place = {"x": f"{left + CELL / 2:g}", "y": f"{top + CELL + 0.7 * _CAPTION:g}", "text-anchor": "middle"}
            style = {"fill": _hexadecimal(colours.ink), "font-family": "sans-serif", "font-size": f"{0.7 * _CAPTION:g}"}
            SubElement(drawing, "text", {**place, **style}).text = text
    _write(path, drawing, provenance)


def _drawing(width: int, height: int, colours: Colours) -> Element:
    """Return an SVG of ``width`` × ``height``, filled with paper unless it is transparent."""
    drawing = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}")
    if colours.paper is not None:
        SubElement(drawing, "rect", width=str(width), height=str(height), fill=_hexadecimal(colours.paper))
    return drawing


def _draw_cell(drawing: Element, strokes: Strokes, frame_ms: float, colours: Colours, **place: str) -> None:
    _check(strokes, frame_ms)
    style = {"fill": "none", "stroke": _hexadecimal(colours.ink), "stroke-linecap": "round", "stroke-linejoin": "round"}
    # An inner svg clips; a group does not, so in a window that is not square, ink would show beside the cell.
    cell = SubElement(drawing, "svg", {**style, **place}, width=str(CELL), height=str(CELL))
    for stroke in np.flatnonzero(strokes[..., 9].max(axis=0) >= _FAINTEST):
        _draw_stroke(cell, strokes[:, stroke], f"{len(strokes) * frame_ms:.12g}ms")


def _write(path: Path, drawing: Element, provenance: Provenance | None) -> None:
    indent(drawing, space="")
    if provenance is not None:
        metadata = Element("metadata")
        metadata.text, metadata.tail = as_text(provenance), "\n"
        drawing.insert(0, metadata)
    with atomic_write(path) as temporary:
        ElementTree(drawing).write(temporary, encoding="utf-8", xml_declaration=True)


def _hexadecimal(colour: Colour) -> str:
    return "#" + bytes(colour).hex()


def write_stroke_table(
    path: Path,
    strokes: Strokes,
    frame_ms: int,
    about: Mapping[str, str | int | float],
    provenance: Provenance | None = None,
) -> None:
    """Write strokes ``[T, N, 10]`` as HDF5 for other programs. The file appears whole or not at all.

    Datasets: ``strokes`` ``float32 [T, N, 10]``, whose attribute ``columns`` names the ten (:data:`COLUMNS`), and
    ``time_ms`` ``int64 [T]``, the start of each frame. Attributes of the file: ``format_version``; ``frame_ms``, the
    time for which a frame is shown; ``cell``, the pixels of a side of the cell that holds the strokes; ``provenance``,
    JSON that says how it was made; and those in ``about``.

    Raises ValueError like :func:`write_svg`, and if ``about`` has one of these names.
    """
    _check(strokes, frame_ms)
    attributes: dict[str, Any] = {"format_version": TABLE_VERSION, "frame_ms": frame_ms, "cell": CELL}
    if provenance is not None:
        attributes[PROVENANCE_KEY] = as_text(provenance)
    if taken := attributes.keys() & about.keys():
        raise ValueError(f"about: expected names that the format does not use; found {', '.join(sorted(taken))}")
    with atomic_write(path) as temporary, write_hdf5(temporary) as file:
        file.attrs.update({**attributes, **about})
        table = file.create_dataset(
            "strokes",
            data=strokes.astype(np.float32),
            chunks=(min(len(strokes), _CHUNK), *strokes.shape[1:]),
            compression="gzip",
            shuffle=True,
            fletcher32=True,
        )
        table.attrs["columns"] = COLUMNS
        file["time_ms"] = frame_ms * np.arange(len(strokes), dtype=np.int64)


def _check(strokes: Strokes, frame_ms: float) -> None:
    if strokes.ndim != 3 or strokes.shape[-1] != VALUES or not strokes.size:
        raise ValueError(f"strokes: expected [T, N, {VALUES}] with a frame and a stroke; found {list(strokes.shape)}")
    if not np.isfinite(strokes).all():
        raise ValueError("strokes: expected finite numbers; found others")
    if frame_ms <= 0:
        raise ValueError(f"frame_ms: expected milliseconds above 0; found {frame_ms}")


def _draw_stroke(cell: Element, stroke: Strokes, duration: str) -> None:
    """Add a path for a stroke ``[T, 10]`` to ``cell``. Its animation takes ``duration`` and then repeats."""
    path = SubElement(cell, "path")
    for name, values in _attributes(stroke).items():
        path.set(name, values[0])
        if len(set(values)) > 1:
            SubElement(
                path,
                "animate",
                attributeName=name,
                values=";".join(values),
                dur=duration,
                calcMode="discrete",
                repeatCount="indefinite",
            )


def _attributes(stroke: Strokes) -> dict[str, list[str]]:
    """Return the SVG attributes of a stroke ``[T, 10]``, each with a value for each frame."""
    return {
        "d": ["M{} {}C{} {} {} {} {} {}".format(*map(_number, points)) for points in stroke[:, :8]],
        "stroke-width": [_number(width) for width in stroke[:, 8].clip(0)],
        "stroke-opacity": [_number(opacity) for opacity in stroke[:, 9].clip(0, 1)],
    }


def _number(value: np.float32) -> str:
    """Return a number with up to two decimals, without trailing zeros, and zero without a sign."""
    return f"{value:z.2f}".rstrip("0").rstrip(".")
