"""The results that a configuration asks for: all combinations of its variants, doodles, and each doodle's
animations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inkbridge.config.architectures import ARCHITECTURES
from inkbridge.config.settings import Configuration

ANIMATION = "results/animations/{variant}/{doodle}/{method}_std{std}"

_IMAGES = "results/evaluation/{variant}/images.csv"
_KEYFRAMES = "results/evaluation/{variant}/{doodle}/keyframes.csv"
_BETWEEN = "results/evaluation/{variant}/{doodle}/std{std}.csv"

FILES_OF_TABLES: Mapping[str, Mapping[str, str]] = {
    "reconstruction": {"images": _IMAGES},
    "doodles": {"keyframes": _KEYFRAMES},
    "interpolation": {"animations": _BETWEEN},
    "training": {"models": "results/models/{variant}/model.safetensors"},
    "comparison": {"images": _IMAGES, "keyframes": _KEYFRAMES},
}
"""Table of the reports → the files that it is made from."""

_RESAMPLED = {"reconstruction", "doodles", "comparison"}
"""Tables with bootstrap intervals."""


@dataclass(frozen=True)
class MethodGroup:
    """Doodles that are animated by the same methods, and what the names of their rules end with."""

    methods: list[str]
    doodles: list[str]
    suffix: str

    def patterns(self) -> list[tuple[str, str]]:
        """Return each method with the pattern of its animations' files, which has no method left to fill in."""
        return [(method, ANIMATION.replace("{method}", method)) for method in self.methods]


def groups_by_methods(settings: Configuration) -> list[MethodGroup]:
    """Return the doodles in groups of the same methods. Only the methods of ``animation`` need no suffix."""
    usual = tuple(settings.animation.methods)
    groups: dict[tuple[str, ...], list[str]] = {}
    for doodle in settings.doodles:
        groups.setdefault(tuple(settings.animation_of(doodle).methods), []).append(doodle)
    return [
        MethodGroup(list(methods), doodles, "" if methods == usual else "_".join(["", *methods]))
        for methods, doodles in groups.items()
    ]


@dataclass(frozen=True)
class AnimationNames:
    """The names in the path of an animation's file."""

    variant: str
    doodle: str
    method: str
    std: str
    """The noise std as the configuration writes it."""


def animations(settings: Configuration, variants: Iterable[str]) -> list[AnimationNames]:
    """Return the animations by ``variants``, in the order of variant, doodle, method, noise std."""
    animated = {doodle: settings.animation_of(doodle) for doodle in settings.doodles}
    return [
        AnimationNames(variant, doodle, method, str(std))
        for variant in variants
        for doodle, own in animated.items()
        for method in own.methods
        for std in own.noise_std
    ]


def names_of_animations(settings: Configuration, variants: Iterable[str]) -> list[tuple[str, ...]]:
    """Return variant, doodle, method and noise std of the same animations, as tuples that a job's parameter can
    hold."""
    return [(one.variant, one.doodle, one.method, one.std) for one in animations(settings, variants)]


def expand_for(pattern: str, wanted: Iterable[AnimationNames]) -> list[str]:
    """Return the files that ``pattern`` names for the ``wanted`` animations, each file once."""
    return list(dict.fromkeys(pattern.format(**vars(animation)) for animation in wanted))


def noise_stds(settings: Configuration) -> dict[str, float]:
    """Return the noise stds of all doodles by their names in files."""
    return {str(std): std for doodle in settings.doodles for std in settings.animation_of(doodle).noise_std}


def methods(settings: Configuration) -> list[str]:
    """Return the methods of all doodles, each once."""
    return list(
        dict.fromkeys(method for doodle in settings.doodles for method in settings.animation_of(doodle).methods)
    )


def stroke_variants(settings: Configuration) -> list[str]:
    """Return the variants whose decoders draw strokes."""
    return [name for name, one in settings.variants.items() if ARCHITECTURES[one.architecture].draws_strokes]


def files_of_variant(settings: Configuration, variant: str) -> list[str]:
    """Return the files of the target that is named after ``variant``: its model, metrics and animations."""
    patterns = [
        "results/models/{variant}/model.safetensors",
        _IMAGES,
        _KEYFRAMES,
        _BETWEEN,
        "results/animations/{variant}/{doodle}/reconstruction.png",
        ANIMATION + ".gif",
    ]
    if variant in stroke_variants(settings):
        patterns += [ANIMATION + ".svg", ANIMATION + ".h5", "results/doodles/{doodle}/match.png"]
    wanted = animations(settings, [variant])
    return [file for pattern in patterns for file in expand_for(pattern, wanted)]


def settings_of_table(settings: Configuration, table: str) -> dict[str, int]:
    """Return the settings that a table depends on."""
    return {"resamples": settings.evaluation.resamples, "seed": settings.seed} if table in _RESAMPLED else {}
