"""The metrics of each variant in one line are those of the reports."""

from pathlib import Path

import pandas as pd
import pytest

from inkbridge.evaluation.labels import INTERPOLATION_METRICS
from inkbridge.evaluation.summaries import mean_metrics


def test_metrics_are_means_over_the_doodles(tmp_path: Path) -> None:
    paths = pd.DataFrame(
        [
            {"variant": variant, "doodle": doodle, "method": method, "noise_std": std}
            | {name: number + 10 * place for place, name in enumerate(INTERPOLATION_METRICS)}
            for number, (variant, doodle, method, std) in enumerate(
                [
                    ("one", "tree", "linear", 0.0),
                    ("one", "tree", "cubic", 0.0),
                    ("one", "square", "linear", 0.0),
                    ("two", "tree", "linear", 0.8),
                    ("two", "tree", "linear", 0.0),
                ]
            )
        ]
    )
    paths.to_csv(tmp_path / "interpolation.csv", index=False)
    found = mean_metrics(tmp_path)
    assert list(found) == ["one", "two"]
    for place, name in enumerate(INTERPOLATION_METRICS):
        assert found["one"][name] == pytest.approx(1 + 10 * place)
        assert found["two"][name] == pytest.approx(4 + 10 * place)
    drawn = pd.DataFrame({"variant": ["two"] * 3, "latents": ["fitted", "encoder", "fitted"], "mse": [0.1, 5.0, 0.3]})
    drawn.to_csv(tmp_path / "doodles.csv", index=False)
    assert mean_metrics(tmp_path)["two"]["mse"] == pytest.approx(0.2)
    assert "mse" not in mean_metrics(tmp_path)["one"]


def test_without_reports_there_are_no_metrics(tmp_path: Path) -> None:
    assert mean_metrics(tmp_path) == {}
