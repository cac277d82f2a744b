"""Pages from templates, all with one style sheet."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from numbers import Integral, Real
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from inkbridge.support.provenance.record import PROVENANCE_KEY, Provenance

_TEMPLATES = Path(__file__).parent / "templates"

_NUMBER = re.compile(r"[+\-−]?(\d[\d\s,.]*|\.\d+)(e[+\-]?\d+)?\s?%?", re.IGNORECASE)

_GROUPED_FROM = 10_000
"""From this number on, numbers are written in groups of three digits."""

_MISSING = frozenset({"", "-", "–", "—", "nan"})


def render(template: str, provenance: Provenance | None = None, **values: object) -> str:
    """Return the page that ``template``, a file in ``templates``, makes from ``values``. The page carries
    ``provenance``.

    Values are escaped unless they are Markup. Raises jinja2.UndefinedError if the template uses a value that is missing
    from ``values``, and jinja2.TemplateNotFound if there is no such template.
    """
    return _environment().get_template(template).render(provenance_key=PROVENANCE_KEY, provenance=provenance, **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
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
    """Return the text of a file in ``templates``, for a style or script element."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def _numeric_columns(rows: Sequence[Sequence[object]], count: int) -> list[bool]:
    """Return for each of ``count`` columns whether it holds only numbers and gaps."""
    columns = ([row[index] for row in rows] for index in range(count))
    return [_holds_numbers([cell for cell in column if not _is_missing(cell)]) for column in columns]


def _holds_numbers(cells: Sequence[object]) -> bool:
    return bool(cells) and all(_is_number(cell) for cell in cells)


def _is_number(cell: object) -> bool:
    if isinstance(cell, str):
        return _NUMBER.fullmatch(cell.strip()) is not None
    return isinstance(cell, Real) and not isinstance(cell, bool)  # readers see a bool as a word


def _is_missing(cell: object) -> bool:
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    return cell is None or (isinstance(cell, Real) and math.isnan(cell))


def _cell_text(cell: object) -> str:
    """Return a cell as readers see it: fractions with four digits, large numbers in groups, gaps as a dash."""
    if _is_missing(cell):
        return "–"
    if isinstance(cell, (str, bool)) or not isinstance(cell, Real):
        return str(cell)
    value = float(cell)
    if abs(value) >= _GROUPED_FROM:
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return str(cell) if isinstance(cell, Integral) else f"{value:#.4g}"
