"""The files that a configuration asks for."""

from typing import Any

import pytest

from inkbridge.config.settings import Configuration
from inkbridge.pipeline import results


@pytest.fixture
def settings() -> Configuration:
    own: dict[str, Any] = {"sheet": "b.png", "methods": ["cubic"], "noise_std": [0, 0.5]}
    return Configuration.read(
        {
            "doodles": {"a": {"sheet": "a.png"}, "b": own},
            "variants": {"pixels": {"architecture": "conv"}, "lines": {"architecture": "strokes"}},
            "animation": {"methods": ["linear", "circular"], "noise_std": [0, 1]},
        }
    )


def test_animations_are_those_of_each_doodle_in_order(settings: Configuration) -> None:
    assert results.names_of_animations(settings, ["lines"]) == [
        ("lines", "a", "linear", "0"),
        ("lines", "a", "linear", "1"),
        ("lines", "a", "circular", "0"),
        ("lines", "a", "circular", "1"),
        ("lines", "b", "cubic", "0"),
        ("lines", "b", "cubic", "0.5"),
    ]
    assert len(results.animations(settings, settings.variants)) == 2 * 6


def test_wildcards_of_files_are_those_of_any_doodle(settings: Configuration) -> None:
    assert results.methods(settings) == ["linear", "circular", "cubic"]
    assert results.noise_stds(settings) == {"0": 0, "1": 1, "0.5": 0.5}


def test_a_pattern_names_each_file_once(settings: Configuration) -> None:
    wanted = results.animations(settings, settings.variants)
    assert results.expand_for("{variant}.x", wanted) == ["pixels.x", "lines.x"]
    assert results.expand_for("{doodle}/{std}", wanted) == ["a/0", "a/1", "b/0", "b/0.5"]


def test_doodles_of_the_same_methods_are_a_group(settings: Configuration) -> None:
    usual, own = results.groups_by_methods(settings)
    assert (usual.methods, usual.doodles, usual.suffix) == (["linear", "circular"], ["a"], "")
    assert (own.methods, own.doodles, own.suffix) == (["cubic"], ["b"], "_cubic")


def test_the_patterns_of_the_groups_name_all_animations(settings: Configuration) -> None:
    wanted = results.expand_for(results.ANIMATION, results.animations(settings, settings.variants))
    made = [
        pattern.format(variant=variant, doodle=doodle, std=std)
        for group in results.groups_by_methods(settings)
        for _, pattern in group.patterns()
        for doodle in group.doodles
        for variant in settings.variants
        for std in settings.animation_of(doodle).noise_std
    ]
    assert sorted(made) == sorted(wanted)


def test_the_target_of_a_variant_has_vectors_if_it_draws_strokes(settings: Configuration) -> None:
    assert results.stroke_variants(settings) == ["lines"]
    pixels, lines = (results.files_of_variant(settings, name) for name in ("pixels", "lines"))
    assert all("/pixels/" in file for file in pixels)
    assert {file.rsplit(".", 1)[1] for file in lines} - {file.rsplit(".", 1)[1] for file in pixels} == {"svg", "h5"}
    drawings_of_matches = {"results/doodles/a/match.png", "results/doodles/b/match.png"}
    assert drawings_of_matches < set(lines)
    assert len(lines) - len(pixels) == 2 * 6 + len(drawings_of_matches)
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("table", results.FILES_OF_TABLES)
def test_only_tables_with_intervals_depend_on_resamples_and_seed(table: str, settings: Configuration) -> None:
    resampled = table in ("reconstruction", "doodles", "comparison")
    assert results.settings_of_table(settings, table) == ({"resamples": 2000, "seed": 0} if resampled else {})
