"""The experiment of learned features: its true correspondence is right, and it runs from examples to a table."""

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import learned_features
from benchmarks.learning.examples import (
    NEARNESS,
    Example,
    examples_of,
    puppet_examples,
    sampled,
    sketch_examples,
    true_matches,
)
from benchmarks.learning.matching import hand_made, matched_are_true, matcher, nearest_are_true, none
from benchmarks.learning.network import FeatureNetwork, differences, loss_of, train
from benchmarks.learning.puppets import puppet_scene
from benchmarks.scenes.scene import Scene, mismatch
from inkbridge.matching.match import match
from inkbridge.tracing.skeleton import trace


@pytest.fixture(scope="module")
def puppet() -> Scene:
    return puppet_scene(0, "of a test", 3)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [*puppet_examples(0, 1), *sketch_examples(0, 2)]


@pytest.mark.parametrize("number", range(5))
def test_puppets_stay_in_the_cell_and_keep_their_limbs(number):
    scene = puppet_scene(0, f"puppet {number}", 3)
    poses = [scene.strokes(time) for time in range(3)]
    assert poses[0].keys() == poses[1].keys() == poses[2].keys()
    for pose in poses:
        assert all((points > 2).all() and (points < 62).all() for points in pose.values())


def test_puppets_depend_on_seed_and_name_alone(puppet):
    again, other = puppet_scene(0, "of a test", 3), puppet_scene(1, "of a test", 3)
    np.testing.assert_array_equal(puppet.keyframes(), again.keyframes())
    assert not np.array_equal(puppet.keyframes(), other.keyframes())


def test_samples_of_a_drawing_that_does_not_move_match_themselves(puppet):
    samples, strokes = sampled(puppet.keyframes()[0]), puppet.drawn(0)
    likely = true_matches(samples.points, samples.points, strokes, strokes)
    assert (likely.sum(axis=1) > 0).all()
    off = np.linalg.norm(samples.points[likely.argmax(axis=1)] - samples.points, axis=1)
    # Where strokes cross, the skeleton lies beside them.
    assert off.max() < 2
    assert off.mean() < 0.2


def test_true_matches_are_true_by_the_measure_of_the_scenes(puppet):
    samples = [sampled(image) for image in puppet.keyframes()[:2]]
    example = next(examples_of(puppet))
    known = example.there.sum(axis=1) > 0
    assert known.mean() > 0.9
    matched = samples[1].points[example.there.argmax(axis=1)]
    off = mismatch(samples[0].points, matched, puppet.drawn(0), puppet.drawn(1))[known]
    assert off.max() <= 3 * NEARNESS
    assert off.mean() < 1


def test_rows_of_true_matches_add_up_to_one_or_are_empty(examples):
    for example in examples:
        assert example.there.shape == example.back.shape[::-1]
        for rows in (example.there, example.back):
            totals = rows.sum(axis=1)
            assert (np.isclose(totals, 1) | (totals == 0)).all()


def test_features_know_a_drawing_from_itself_after_a_short_training(examples):
    network = train(examples, 25, seed=0, batch=3)
    with torch.inference_mode():
        assert loss_of(network, examples) < loss_of(FeatureNetwork(True), examples) - 0.3
    one = examples[0].one
    assert np.abs(np.diagonal(differences(network, one, one))).max() < 1e-5


def test_features_do_not_depend_on_other_drawings_in_a_batch(examples):
    network = FeatureNetwork(True).eval()
    with torch.inference_mode():
        apart = [float(loss_of(network, [example])) for example in examples[:1] * 3]
        together = float(loss_of(network, examples[:1] * 3))
    assert np.mean(apart) == pytest.approx(together, abs=1e-4)


def test_hand_made_costs_match_as_the_package_does(puppet):
    graphs = [trace(image) for image in puppet.keyframes()[:2]]
    ours, own = matcher(hand_made)(*graphs), match(*graphs)
    assert ours.energy == own.energy
    assert matcher(none)(*graphs).energy != own.energy
    assert match(*graphs).energy == own.energy  # nothing stays replaced


def test_a_drawing_matches_itself(puppet):
    graphs = [trace(puppet.keyframes()[0])] * 2
    pairs = match(*graphs).pairs
    assert all(np.abs(pair.one.points - pair.other.points).max() < 1 for pair in pairs)
    assert 0 < matched_are_true([match(*(trace(i) for i in puppet.keyframes()[:2]))], puppet) <= 1
    assert 0 < nearest_are_true(hand_made, puppet) < 1


def test_experiment_prints_a_table_and_keeps_the_network(tmp_path, capsys):
    network, table = tmp_path / "network.safetensors", tmp_path / "table.csv"
    options = ["--puppets", "1", "--sketches", "2", "--steps", "2", "--held-out", "1", "--part", "puppets"]
    options += ["--way", "both, added", "--network", str(network), "--output", str(table)]
    learned_features.main(options)
    first = capsys.readouterr()
    learned_features.main(options)
    second = capsys.readouterr()
    assert first.err.count("trained") == 1
    assert "trained" not in second.err  # the network was read
    for column in ("nearest", "matched", "chamfer", "astray", "knots"):
        assert pd.read_csv(table)[column].between(0, 20).all()
    assert "| both, added |" in first.out


def test_unknown_way_is_an_error(capsys):
    with pytest.raises(SystemExit):
        learned_features.main(["--way", "by hand"])
    assert "both, added" in capsys.readouterr().err
