"""The trained networks that come with the package, so that it can draw before anything is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Configuration, Variant
from inkbridge.support.arrays import read_label
from inkbridge.support.errors import InkbridgeError
from inkbridge.support.files import PACKAGE

WEIGHTS = PACKAGE / "models/weights"
"""Folder of the files."""

SHIPPED: dict[str, Path] = {name: WEIGHTS / f"{name}.safetensors" for name in ("strokes64", "conv64", "coordconv64")}
"""Variant → file of its weights. The first one draws if nothing else is asked for."""


@dataclass(frozen=True)
class ShippedModel:
    """What a file says about its weights.

    name: of its variant. variant: what was trained. recipes: recipe → weight in the mix of drawings that it was trained
    on. digest: of the whole file, in hexadecimal.
    """

    name: str
    file: Path
    variant: Variant
    recipes: Mapping[str, float]
    digest: str


def shipped_model(name: str) -> ShippedModel:
    """Return what the file of the shipped variant ``name`` says. Raises :class:`InkbridgeError` if it is damaged."""
    file = SHIPPED[name]
    about = read_label(file)
    try:
        return ShippedModel(
            name, file, Variant.model_validate(about["variant"]), about["dataset"]["recipes"], about["digest"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InkbridgeError(
            f"{file}: expected weights of inkbridge, found a file that does not say of what"
        ) from error


def has_same_network(one: Variant, other: Variant) -> bool:
    """Return whether the weights of one variant fit the other one."""
    return _network(one) == _network(other)


def pretrained_models(settings: Configuration) -> dict[str, ShippedModel]:
    """Return, for each variant that is ``pretrained``, the weights that it gets.

    Raises :class:`InkbridgeError` if no weights fit one of them, or if they were trained on other drawings than the
    configuration asks for.
    """
    names = settings.pretrained_variants()
    shipped = [shipped_model(name) for name in SHIPPED] if names else []
    return {name: _fitting(name, settings, shipped) for name in names}


def _fitting(name: str, settings: Configuration, shipped: list[ShippedModel]) -> ShippedModel:
    """Return the weights for the variant ``name``."""
    variant = settings.variants[name]
    found = next((model for model in shipped if has_same_network(model.variant, variant)), None)
    remedy = f"correct the settings, or set variants.{name}.pretrained: false to train it"
    if found is None:
        known = "; ".join(f"{model.name} ({_in_words(model.variant)})" for model in shipped)
        raise InkbridgeError(
            f"variants.{name}.pretrained: expected a network whose weights come with inkbridge: {known}; found "
            f"{_in_words(variant)}; {remedy}"
        )
    if dict(found.recipes) != dict(settings.dataset.recipes):
        raise InkbridgeError(
            f"variants.{name}.pretrained: expected dataset.recipes {dict(found.recipes)}, with which the weights of "
            f"{found.name} were trained; found {dict(settings.dataset.recipes)}; {remedy}"
        )
    return found


def _network(variant: Variant) -> dict[str, Any]:
    """Return the settings that decide which weights fit. The budget says only how long they were trained."""
    settings = variant.model_dump(exclude={"budget"})
    if not ARCHITECTURES[variant.architecture].draws_strokes:
        del settings["strokes"]
    return settings


def _in_words(variant: Variant) -> str:
    return ", ".join(f"{key} {value}" for key, value in _network(variant).items())
