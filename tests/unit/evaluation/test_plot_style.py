"""Plots are legible on light and dark paper."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from inkbridge.evaluation.plot_style import GRAPHITE, PENCILS, plot_style
from inkbridge.web.pages import render


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("paper", ["#fdfdfb", "#1d2227"])
@pytest.mark.parametrize("colour", [*PENCILS, GRAPHITE])
def test_plot_colours_have_enough_contrast_on_both_papers(colour: str, paper: str) -> None:
    style = (Path(render.__code__.co_filename).parent / "templates/style.css").read_text(encoding="utf-8")
    assert f"--paper: {paper};" in style
    dark, light = sorted((luminance(colour), luminance(paper)))
    assert (light + 0.05) / (dark + 0.05) >= 3


def test_matplotlib_accepts_the_plot_style() -> None:
    with matplotlib.rc_context(plot_style()):
        colours = matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]
    assert colours == list(PENCILS)
