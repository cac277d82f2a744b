"""Jobs inherit an environment in which they find the package and their run."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from inkbridge.config.settings import Configuration
from inkbridge.pipeline import jobs, records
from inkbridge.pipeline.environment import interpreter_for_shell, job_environment

SETTINGS = Configuration.read(
    {"seed": 7, "doodles": {"a": {"sheet": "a.png"}}, "variants": {"conv64": {"architecture": "conv"}}}
)


@pytest.mark.parametrize("before", [None, "", "/mine"])
def test_jobs_find_the_package_and_what_was_there_before(before: str | None) -> None:
    given = {} if before is None else {"PYTHONPATH": before}
    found = job_environment(SETTINGS, Path("/clone"), given)
    assert found["PYTHONPATH"].split(os.pathsep) == ["/clone/workflow", *filter(None, [before])]


def test_jobs_use_one_thread_and_keep_kernels_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = job_environment(SETTINGS, Path("/clone"), {})
    assert found["OMP_NUM_THREADS"] == "1"
    assert found["NUMBA_CACHE_DIR"] == str(tmp_path / ".snakemake/numba")


def test_jobs_know_their_run_and_its_provenance() -> None:
    found = job_environment(SETTINGS, Path("/clone"), {})
    assert found[jobs.RUN_VARIABLE] == jobs.run_id()
    assert json.loads(found[records.PROVENANCE_VARIABLE])["seed"] == 7


def test_an_interpreter_in_a_folder_with_spaces_is_quoted_once(tmp_path: Path) -> None:
    place = tmp_path / "my python" / "python"
    place.parent.mkdir()
    place.symlink_to(sys.executable)
    quoted = interpreter_for_shell(str(place))
    assert shlex.split(quoted) == [str(place)]
    assert interpreter_for_shell(quoted) == quoted
