"""A configuration so small that the whole workflow runs in a minute. The results are worthless: tests and campaigns
need only that they are made."""

from typing import Any

import yaml

from qa.paths import ROOT

TINY: dict[str, Any] = {
    "doodles": dict.fromkeys(["makeman", "square", "brain", "neuron", "dancer", "walker"]),
    "dataset": {"shard_size": 64, "shards": {"train": 2}},
    "variants": {"coordconv64": None, "conv64": {"channels": 8}, "strokes64": {"channels": 8, "strokes": 4}},
    "training": {"images": 256, "batch_size": 32, "validation_every": 128},
    "fitting": {"steps": 5, "stroke_steps": 5},
    "animation": {"methods": ["linear", "cubic"], "noise_std": [0, 0.8], "frames_per_segment": 3, "size": 64},
    "evaluation": {"images": 32, "resamples": 100},
}
"""On top of the default configuration: two doodles of the eight, two variants, two methods, two stds."""


def tiny_settings() -> dict[str, Any]:
    """Return all settings of the tiny configuration."""
    return _on_top(yaml.safe_load((ROOT / "config.yaml").read_text()), TINY)


def _on_top(below: Any, above: Any) -> Any:
    """Merge one configuration into another, as Snakemake does."""
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: _on_top(below.get(key), value) for key, value in above.items()}
