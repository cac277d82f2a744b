"""The pages a person opens from disk: templates, the one style sheet, and the style of the plots on them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from inkbridge.provenance import Provenance

FOLDER = Path(__file__).parent

PENCILS = ("#2f86bf", "#d2603a", "#3d936a", "#8c72c4", "#a97f1c", "#c0588f")
"""Colours of the variants in plots, in order; each stands at 3:1 or better on both papers, light and dark."""

GRAPHITE = "#7b828a"
"""Text and axes of plots, legible on both papers; style.css makes it the page's own grey in inline SVG."""

_NUMBER = re.compile(r"[+\-−]?(\d[\d\s,.]*|\.\d+)(e[+\-]?\d+)?\s?%?", re.IGNORECASE)
_GROUPED_FROM = 10_000
_MISSING = frozenset({"", "-", "–", "—", "nan"})


def render(template: str, provenance: Provenance | None = None, **values: object) -> str:
    """Return the page that `template`, a file of this folder, makes of `values`; it carries `provenance`.

    Values are escaped unless they are Markup. jinja2.UndefinedError where the template uses a value that was
    not given, jinja2.TemplateNotFound where there is no such template.
    """
    return _environment().get_template(template).render(provenance=provenance, **values)


def figure_style() -> dict[Any, Any]:  # Matplotlib's own type of the keys changes with its version
    """Return Matplotlib rcParams for plots on these pages, for `matplotlib.rc_context(figure_style())`.

    The ground is transparent, so that the page's paper shows, and text in SVG stays text, so that the page's
    font applies. Sizes are in points for a figure about 7 inches wide.
    """
    colours = ", ".join(f"'{colour}'" for colour in PENCILS)
    return {
        "figure.figsize": (7.2, 3.9),
        "figure.facecolor": "none",
        "figure.constrained_layout.use": True,
        "savefig.facecolor": "none",
        "savefig.dpi": 160,
        "svg.fonttype": "none",
        "svg.hashsalt": "inkbridge",  # the same plot gives the same bytes
        "font.family": "DejaVu Sans",  # comes with Matplotlib, so a plot is laid out alike everywhere
        "font.size": 10.0,
        "text.color": GRAPHITE,
        "axes.prop_cycle": f"cycler('color', [{colours}])",
        "axes.facecolor": "none",
        "axes.edgecolor": GRAPHITE,
        "axes.labelcolor": GRAPHITE,
        "axes.titlecolor": GRAPHITE,
        "axes.titlesize": 10.0,
        "axes.titlelocation": "left",
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": GRAPHITE,
        "grid.alpha": 0.22,
        "grid.linewidth": 0.6,
        "xtick.color": GRAPHITE,
        "ytick.color": GRAPHITE,
        "xtick.labelsize": 9.0,
        "ytick.labelsize": 9.0,
        "legend.frameon": False,
        "legend.fontsize": 9.0,
        "lines.linewidth": 1.8,
        "lines.markersize": 5.0,
        "lines.solid_capstyle": "round",
        "patch.linewidth": 0.0,
        "hatch.color": GRAPHITE,
        "hatch.linewidth": 0.6,
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["inline"] = _inline
    environment.globals["numeric_columns"] = _numeric_columns
    environment.filters["cell"] = _cell_text
    return environment


def _inline(name: str) -> Markup:
    """Return a file of this folder as it is, for a style or script element."""
    return Markup((FOLDER / name).read_text(encoding="utf-8"))


def _numeric_columns(rows: Sequence[Sequence[object]], count: int) -> list[bool]:
    """Say for each of `count` columns whether it holds numbers and nothing else but gaps."""
    columns = ([row[index] for row in rows] for index in range(count))
    return [_holds_numbers([cell for cell in column if not _is_missing(cell)]) for column in columns]


def _holds_numbers(cells: Sequence[object]) -> bool:
    return bool(cells) and all(_is_number(cell) for cell in cells)


def _is_number(cell: object) -> bool:
    if isinstance(cell, str):
        return _NUMBER.fullmatch(cell.strip()) is not None
    return isinstance(cell, Real) and not isinstance(cell, bool)  # a bool is a word to a reader


def _is_missing(cell: object) -> bool:
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    return cell is None or (isinstance(cell, Real) and math.isnan(cell))


def _cell_text(cell: object) -> str:
    """Return a cell for a reader: fractions in four digits, large numbers in groups, gaps as a dash."""
    if _is_missing(cell):
        return "–"
    if isinstance(cell, (str, bool)) or not isinstance(cell, Real):
        return str(cell)
    value = float(cell)
    if abs(value) >= _GROUPED_FROM:
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return str(cell) if isinstance(cell, Integral) else f"{value:#.4g}"
