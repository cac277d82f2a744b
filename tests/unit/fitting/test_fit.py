"""The record of a fit names the device and the precision that the fit used."""

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from inkbridge.config.settings import Compute, Fitting, Variant
from inkbridge.fitting.fit import fitting_backend
from inkbridge.keyframes.reading import Keyframes
from inkbridge.keyframes.storage import write_keyframes
from inkbridge.models.autoencoder import Autoencoder
from inkbridge.models.device import Backend
from inkbridge.models.storage import save_model
from inkbridge.pipeline.records import PROVENANCE_VARIABLE, for_jobs
from inkbridge.support.provenance.carriers import read_provenance

SCRIPT = Path(__file__).parents[3] / "workflow/scripts/fit.py"
PIXELS = Variant(architecture="conv", latent_dim=8, channels=8)
STROKES = Variant(architecture="strokes", latent_dim=8, channels=8, strokes=4)


@pytest.mark.parametrize(
    ("variant", "is_fitted", "precision"),
    [(PIXELS, True, "bfloat16"), (PIXELS, False, "float32"), (STROKES, True, "float32"), (STROKES, False, "float32")],
)
def test_record_of_a_fit_names_the_precision_that_was_used(
    variant: Variant,
    is_fitted: bool,
    precision: str,
    standardised_network: Callable[[Variant], Autoencoder],
    keyframes: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PROVENANCE_VARIABLE, for_jobs("cafe", 7))
    save_model(tmp_path / "model.safetensors", standardised_network(variant), variant, {})
    write_keyframes(tmp_path / "keyframes.npy", Keyframes.of(keyframes, "dark"))
    job = SimpleNamespace(
        rule="fit",
        wildcards={"variant": "a", "doodle": "b"},
        threads=1,
        input=SimpleNamespace(model=tmp_path / "model.safetensors", keyframes=tmp_path / "keyframes.npy"),
        output=SimpleNamespace(
            fitted=tmp_path / "fit.safetensors", strip=tmp_path / "strip.png", table=tmp_path / "keyframes.csv"
        ),
        log=[tmp_path / "fit.log"],
        params=SimpleNamespace(
            variant=variant.model_dump(),
            fitting=Fitting(enabled=is_fitted, steps=1, stroke_steps=1).model_dump(),
            compute=Compute(device="cpu", precision="bfloat16").model_dump(),
            loop=False,
            seed=0,
        ),
    )
    runpy.run_path(str(SCRIPT), {"snakemake": job})
    for name in ("fit.safetensors", "strip.png"):
        record = read_provenance(tmp_path / name)
        assert (record["device"], record["precision"]) == ("cpu", precision)


def test_strokes_are_fitted_on_the_cpu_and_pixels_on_the_chosen_device(
    standardised_network: Callable[[Variant], Autoencoder], backend: Backend
) -> None:
    chosen = replace(backend, device=torch.device("meta"))
    assert fitting_backend(standardised_network(STROKES), True, chosen).device.type == "cpu"
    assert fitting_backend(standardised_network(PIXELS), True, chosen) == chosen
