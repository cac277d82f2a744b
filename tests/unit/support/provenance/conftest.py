"""What a run shares with its records, and one such record."""

import pytest

from inkbridge.support.provenance.git import SOURCE_VARIABLE
from inkbridge.support.provenance.record import Provenance, result_record, run_record

AWKWARD = "ü </script> & \"quoted\" = ; # \\ 'x'\n"
"""Characters that HTML, XML, JSON or ffmpeg's metadata must escape."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Provenance:
    monkeypatch.setenv(SOURCE_VARIABLE, "0123abcd-dirty")
    return run_record("cafe", seed=7)


@pytest.fixture
def made(run: Provenance) -> Provenance:
    """A record with characters that some format must escape."""
    return result_record(run, "rule animate", {"doodle": AWKWARD, "std": 0.8})
