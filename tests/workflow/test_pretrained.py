"""A variant that is ``pretrained`` takes the weights that come with the package; everything after that is the same."""

from pathlib import Path

import pytest
import torch

from inkbridge.config.settings import Variant
from inkbridge.config.shipped import SHIPPED
from inkbridge.models.storage import load_model, read_record
from inkbridge.support.provenance.carriers import read_provenance
from tests.workflow.conftest import run_snakemake

pytestmark = pytest.mark.slow

SHIPPED_NETWORK: dict[str, object] = {"variants": {"strokes64": {"channels": 16, "strokes": 24, "pretrained": True}}}

VARIANT = Variant(architecture="strokes", budget=2)


def test_pretrained_variant_is_drawn_and_evaluated_without_a_training(tmp_path: Path) -> None:
    done = run_snakemake(tmp_path, "strokes64", "results/models/strokes64/training.png", on_top=SHIPPED_NETWORK)
    assert done.code == 0, done.text
    jobs = done.jobs()
    assert jobs["pretrained"] == 1
    assert "train" not in jobs
    assert jobs["shard"] == 1, "of the test split"
    file = tmp_path / "results/models/strokes64/model.safetensors"
    model, shipped = load_model(file, VARIANT), load_model(SHIPPED["strokes64"], VARIANT)
    assert all(torch.equal(weights, shipped.state_dict()[name]) for name, weights in model.state_dict().items())
    assert read_record(file) == read_record(SHIPPED["strokes64"])
    made = read_provenance(tmp_path / "results/animations/strokes64/tree/linear_std0.gif")
    assert made["sources"]["weights"]["commit"] == read_provenance(SHIPPED["strokes64"])["commit"]
    history = (tmp_path / "results/models/strokes64/training.csv").read_text().splitlines()
    assert history[-1].split(",")[0] == "1440000"

    again = run_snakemake(tmp_path, "strokes64", on_top=SHIPPED_NETWORK, options=["--dry-run"])
    assert "Nothing to be done" in again.text
    trained = {"variants": {"strokes64": {"channels": 16, "strokes": 24}}}
    changed = run_snakemake(tmp_path, "strokes64", on_top=trained, options=["--dry-run"]).jobs()
    assert (changed["train"], changed["fit"]) == (1, 2)
    assert "pretrained" not in changed


def test_one_option_makes_all_variants_pretrained(tmp_path: Path) -> None:
    on_top: dict[str, object] = {"variants": {"conv64": {"channels": 16}, "strokes64": {"channels": 16, "strokes": 24}}}
    options = ["--dry-run", "--config", "pretrained=true"]
    jobs = run_snakemake(tmp_path, "results/gifs", on_top=on_top, options=options).jobs()
    assert jobs["pretrained"] == 2
    assert "train" not in jobs
