"""A run and a record of it."""

import pytest

from inkbridge.support.provenance.git import SOURCE_VARIABLE
from inkbridge.support.provenance.record import Provenance, result_record, run_record

AWKWARD = "ü </script> & \"quoted\" = ; # \\ 'x'\n"
"""What HTML, XML, JSON and ffmpeg's lists of metadata each have a way of their own to write."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Provenance:
    monkeypatch.setenv(SOURCE_VARIABLE, "0123abcd-dirty")
    return run_record("cafe", seed=7)


@pytest.fixture
def made(run: Provenance) -> Provenance:
    """A record with letters in it that are special somewhere."""
    return result_record(run, "rule animate", {"doodle": AWKWARD, "std": 0.8})
