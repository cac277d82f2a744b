"""The strokes of an animation → files for browsers and other programs: an SVG that plays, a table in HDF5.

The strokes of an animation are ``float32 [T, N, 10]``: N strokes in each of T frames, each a row as in
:mod:`inkbridge.strokes.bezier`. Stroke n is the same one in every frame.
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
"""What the ten numbers of a stroke are: control points, width in pixels of a 64-pixel cell, opacity in [0, 1]."""

TABLE_VERSION = 1
"""Version of the table's format, which its readers can ask for."""

_FAINTEST = 1 / 255
"""A stroke that is fainter in every frame leaves no trace on a screen."""

_GAP, _CAPTION = 2, 8
"""Space between the cells of a grid, and height of the line of words below each, in pixels of a 64-pixel cell."""

_CHUNK = 256
"""Frames in an HDF5 chunk: some hundred kilobytes."""


def write_svg(
    path: Path,
    strokes: Strokes,
    frame_ms: float,
    colours: Colours = WHITE_ON_BLACK,
    provenance: Provenance | None = None,
) -> None:
    """Write strokes ``[T, N, 10]`` as an SVG that plays without end, each frame shown ``frame_ms`` milliseconds.

    Each stroke is one path and has its attributes of the first frame, which is what a program that
    plays nothing shows. An attribute that changes is animated by SMIL: a list of T values, one after the other. Numbers
    have two decimals; widths and opacities are clipped to what SVG knows (it takes a negative width for a width of 1).
    Strokes that are never seen are left out. ``provenance`` goes into its metadata. The file appears whole or not at
    all.

    ValueError where strokes have another shape, there are none, or a number is not finite, and where ``frame_ms`` is
    not positive.
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
    """Write rows of animations ``[T, N, 10]`` as one SVG: all in step, a caption below each. The rest is as in
    :func:`write_svg`."""
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
    """Return an SVG of ``width`` × ``height`` with its paper, where there is one."""
    drawing = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}")
    if colours.paper is not None:
        SubElement(drawing, "rect", width=str(width), height=str(height), fill=_hexadecimal(colours.paper))
    return drawing


def _draw_cell(drawing: Element, strokes: Strokes, frame_ms: float, colours: Colours, **place: str) -> None:
    _check(strokes, frame_ms)
    style = {"fill": "none", "stroke": _hexadecimal(colours.ink), "stroke-linecap": "round", "stroke-linejoin": "round"}
    # An inner svg and no group, because it clips: in a window that is no square, ink would be seen beside the cell.
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

    It holds ``strokes`` ``float32 [T, N, 10]``, whose attribute ``columns`` names the ten, see :data:`COLUMNS`, and
    ``time_ms`` ``int64 [T]``, when each frame begins. Attributes of the file are ``format_version``, ``frame_ms``, how
    long a frame is shown, ``cell``, pixels of the side of the cell in which the strokes are, ``provenance``, JSON that
    says how it was made, and ``about``.

    ValueError as :func:`write_svg`, and where ``about`` has one of these names.
    """
    _check(strokes, frame_ms)
    attributes: dict[str, Any] = {"format_version": TABLE_VERSION, "frame_ms": frame_ms, "cell": CELL}
    if provenance is not None:
        attributes[PROVENANCE_KEY] = as_text(provenance)
    if taken := attributes.keys() & about.keys():
        raise ValueError(f"about: expected names that the format leaves free; found {', '.join(sorted(taken))}")
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
    """Add a path for a stroke ``[T, 10]`` to ``cell``; its animation takes ``duration`` and begins again."""
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
    """Return the SVG attributes of a stroke ``[T, 10]``, each with its values in the T frames."""
    return {
        "d": ["M{} {}C{} {} {} {} {} {}".format(*map(_number, points)) for points in stroke[:, :8]],
        "stroke-width": [_number(width) for width in stroke[:, 8].clip(0)],
        "stroke-opacity": [_number(opacity) for opacity in stroke[:, 9].clip(0, 1)],
    }


def _number(value: np.float32) -> str:
    """Return a number in two decimals, without zeros at its end and without the sign of zero."""
    return f"{value:z.2f}".rstrip("0").rstrip(".")
