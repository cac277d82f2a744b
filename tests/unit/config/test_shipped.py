"""Which variants get the weights that come with the package, and which are refused."""

from typing import Any

import pytest

from inkbridge.config.settings import Configuration, fingerprint
from inkbridge.config.shipped import SHIPPED, pretrained_models
from inkbridge.support.errors import InkbridgeError


def configuration(variants: dict[str, dict[str, Any]], **sections: Any) -> Configuration:
    return Configuration.read({"doodles": {"a": {"sheet": "a.png"}}, "variants": variants, **sections})


CONV = {"architecture": "conv"}


def weights_of(settings: Configuration) -> dict[str, str]:
    return {name: model.name for name, model in pretrained_models(settings).items()}


def test_nothing_is_pretrained_by_default() -> None:
    assert weights_of(configuration({"conv64": CONV, "big": {**CONV, "channels": 96}})) == {}


def test_each_variant_decides_and_the_top_level_decides_for_the_others() -> None:
    variants = {"conv64": {**CONV, "pretrained": True}, "coordconv64": {"architecture": "coordconv"}}
    assert weights_of(configuration(variants)) == {"conv64": "conv64"}
    assert weights_of(configuration(variants, pretrained=True)) == {name: name for name in variants}
    variants["coordconv64"]["pretrained"] = False
    assert weights_of(configuration(variants, pretrained=True)) == {"conv64": "conv64"}


def test_name_budget_and_the_strokes_of_a_variant_that_draws_none_do_not_matter() -> None:
    variants = {"mine": {**CONV, "budget": 7, "strokes": 5}}
    assert weights_of(configuration(variants, pretrained=True)) == {"mine": "conv64"}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("conv64", {"latent_dim": 32}),
        ("coordconv64", {"channels": 8}),
        ("strokes64", {"strokes": 40}),
    ],
)
def test_variant_of_another_network_is_refused_with_the_shipped_ones(name: str, change: dict[str, int]) -> None:
    architecture = name.removesuffix("64")
    settings = configuration({name: {"architecture": architecture, "pretrained": True, **change}})
    with pytest.raises(InkbridgeError) as refused:
        pretrained_models(settings)
    expected, _, found = str(refused.value).partition("found")
    assert expected.startswith(f"variants.{name}.pretrained: expected a network whose weights come with inkbridge: ")
    for shipped in SHIPPED:
        assert f"{shipped} (architecture {shipped.removesuffix('64')}, latent_dim 64, channels 16" in expected
    ((key, value),) = change.items()
    assert f"{key} {value}" in found
    assert f"variants.{name}.pretrained: false" in found


def test_other_recipes_are_refused() -> None:
    settings = configuration({"conv64": CONV}, pretrained=True, dataset={"recipes": {"post": 1.0}})
    with pytest.raises(InkbridgeError, match=r"variants\.conv64\.pretrained: expected dataset\.recipes .*found .*1\.0"):
        pretrained_models(settings)
    assert weights_of(settings.model_copy(update={"pretrained": False})) == {}


def test_parameters_of_jobs_do_not_change_but_the_fingerprint_in_records_does() -> None:
    plain, chosen = configuration({"conv64": CONV}), configuration({"conv64": {**CONV, "pretrained": True}})
    assert chosen.variants["conv64"].model_dump() == plain.variants["conv64"].model_dump()
    assert fingerprint(chosen.variants["conv64"]) == fingerprint(plain.variants["conv64"])
    assert fingerprint(chosen) == fingerprint(configuration({"conv64": CONV}, pretrained=True)) != fingerprint(plain)
