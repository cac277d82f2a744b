"""The matches of a doodle: each is chosen by what stands between the drawings when all are chained."""

from dataclasses import replace

import numpy as np
import pytest

from inkbridge.matching import doodle
from inkbridge.matching.doodle import match_doodle
from inkbridge.matching.match import looked_at, matches
from inkbridge.matching.strands import Chained, strands_of
from inkbridge.tracing.skeleton import trace
from tests.unit.matching.test_strands import LETTERS, painted

NAMES = ("E", "I", "N")


def test_matches_are_those_of_least_cost_first():
    found = matches(*(trace(painted(LETTERS[name])) for name in ("I", "N")))
    costs = [match.cost for match in found]
    assert len(costs) > 1
    assert costs == sorted(costs)


def test_matches_say_what_stands_between_the_chained_drawings():
    drawings = np.stack([painted(LETTERS[name]) for name in NAMES])
    found = match_doodle(drawings, loop=False)
    for number, match in enumerate(found.matches):
        seen = looked_at(match, strands_of(found.graphs[: number + 2], found.matches[: number + 1]))
        assert seen.cost == pytest.approx(match.cost)


@pytest.mark.parametrize(("knots", "first"), [(0.0, True), (2.0, False)])
def test_another_match_is_taken_if_the_best_one_gets_tangled_in_the_chain(knots, first, monkeypatch):
    graphs = [trace(painted(LETTERS[name])) for name in NAMES]
    best = matches(*graphs[1:])[0]
    candidates = [best, replace(best, ink=best.ink + 0.01)]
    tried = []

    def in_chain(chained, graph, candidate):
        tried.append(candidate)
        return replace(candidate, knots=candidate.knots + knots * (candidate is best)), chained

    monkeypatch.setattr(doodle, "_in_chain", in_chain)
    found, _ = doodle._best_in_chain(Chained.start(graphs[1]), graphs[2], candidates)
    assert (found.ink == best.ink) == first
    assert len(tried) == 1 + (not first)
