"""Pages are rendered from their templates: sections, tables, escaped text."""

from __future__ import annotations

import math

import numpy as np
import pytest
from markupsafe import Markup

from inkbridge.web.pages import render
from tests.unit.web.small_gallery import Page


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
