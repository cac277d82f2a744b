"""Plots show every value in the row it belongs to, for any number of variants."""

from collections.abc import Callable
from itertools import combinations, product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from inkbridge.evaluation.labels import INTERPOLATION_METRICS
from inkbridge.evaluation.plots import doodles_plot, interpolation_plot, reconstruction_plot

DOODLES, RECIPES = ["tree", "walker", "brain"], ["post", "sketch"]


def variants(count: int) -> list[str]:
    return [f"variant{number}" for number in range(count)]


def reconstruction_table(count: int) -> pd.DataFrame:
    rows = [
        {"variant": variant, "recipe": recipe, "mse": 0.02, "mse_low": 0.01, "mse_high": 0.03}
        for variant, recipe in product(variants(count), RECIPES)
    ]
    return pd.DataFrame(rows)


def doodles_table(count: int) -> pd.DataFrame:
    rows = [
        {"variant": variant, "doodle": doodle, "latents": latents, "mse": 0.02}
        for variant, doodle, latents in product(variants(count), DOODLES, ("encoder", "fitted"))
    ]
    return pd.DataFrame(rows)


def dots(axes: Axes, count: int) -> list[np.ndarray]:
    """Return the rows at which each line of dots with ``count`` of them stands."""
    return [np.asarray(line.get_ydata(), float) for line in axes.lines if len(line.get_ydata()) == count]


@pytest.fixture(autouse=True)
def closed_plots():
    yield
    plt.close("all")


@pytest.mark.parametrize("count", [1, 3, 5, 8])
@pytest.mark.parametrize(
    ("plot", "table", "names", "lines"),
    [(reconstruction_plot, reconstruction_table, RECIPES, 1), (doodles_plot, doodles_table, DOODLES, 2)],
)
def test_dots_stay_in_the_row_of_their_name(
    plot: Callable, table: Callable, names: list[str], lines: int, count: int
) -> None:
    axes = plot(table(count)).axes[0]
    found = dots(axes, len(names))
    assert len(found) == lines * count
    for places in found:
        assert np.round(places).tolist() == list(range(len(names)))
        assert np.abs(places - np.arange(len(names))).max() < 0.4, "nearer to its own row than to the next one"
    assert len({places[0] for places in found}) == count, "each variant has a height of its own"
    assert [label.get_text() for label in axes.get_yticklabels()] == names
    assert max(axes.get_ylim()) > max(map(np.max, found))


@pytest.mark.parametrize(
    "plot_of", [lambda: reconstruction_plot(reconstruction_table(8)), lambda: doodles_plot(doodles_table(8))]
)
def test_no_two_of_eight_variants_look_the_same(plot_of: Callable) -> None:
    lines = [line for line in plot_of().axes[0].lines if line.get_alpha() in (None, 1.0)]
    looks = [(line.get_color(), line.get_marker()) for line in lines]
    assert len(looks) == 8
    assert all(one != other for one, other in combinations(looks, 2))


def test_animations_of_different_methods_and_noises_are_plotted_together() -> None:
    settings = [("tree", "linear", 0.0), ("tree", "cubic", 1.2), ("walker", "linear", 0.0), ("walker", "linear", 0.3)]
    rows = [
        {"variant": "conv64", "doodle": doodle, "method": method, "noise_std": std}
        | dict.fromkeys(INTERPOLATION_METRICS, number)
        for number, (doodle, method, std) in enumerate(settings)
    ]
    figure = interpolation_plot(pd.DataFrame(rows))
    for axes in figure.axes:
        linear, cubic = axes.lines
        assert linear.get_xydata().tolist() == [[0.0, 1.0], [0.3, 3.0]], "the mean of the doodles that have it"
        assert cubic.get_xydata().tolist() == [[1.2, 1.0]]
