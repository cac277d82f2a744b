"""Checks before any job starts, and the environment that jobs inherit."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from inkbridge.config.settings import Configuration
from inkbridge.pipeline import checks, jobs, records
from inkbridge.pipeline.environment import interpreter_for_shell, job_environment
from inkbridge.support.errors import InkbridgeError

SETTINGS = Configuration.read(
    {"seed": 7, "doodles": {"a": {"sheet": "a.png"}}, "variants": {"conv64": {"architecture": "conv"}}}
)


def test_yaml_is_checked_and_json_left_to_snakemake(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("seed: 1\n")
    (tmp_path / "tabs.json").write_text('{\n\t"seed": 1\n}')
    checks.check_yaml([tmp_path / "good.yaml", tmp_path / "tabs.json"])
    (tmp_path / "twice.yaml").write_text("seed: 1\nseed: 2\n")
    with pytest.raises(InkbridgeError, match=r"twice\.yaml: .*line 2"):
        checks.check_yaml([tmp_path / "good.yaml", tmp_path / "twice.yaml"])


def test_a_variant_may_not_have_the_name_of_a_rule() -> None:
    checks.check_variant_names(["conv64"], ["train", "fit"])
    with pytest.raises(InkbridgeError, match=r"variants\.train: expected a name that is not a rule's; found 'train'"):
        checks.check_variant_names(["conv64", "train"], ["train", "fit"])


@pytest.mark.parametrize(
    ("text", "killed"),
    [
        ("died with <Signals.SIGKILL: 9>.", True),
        ("died with <Signals.SIGABRT: 6>.", True),
        ("returned non-zero exit status 137.", True),
        ("returned non-zero exit status 1.", False),
        ("died with <Signals.SIGTERM: 15>.", False),
    ],
)
def test_killed_jobs_are_found_in_the_log(text: str, killed: bool, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"Command 'python x.py' {text}\n")
    (tmp_path / "other").write_text("")
    assert checks.some_job_was_killed([str(tmp_path / "other"), str(tmp_path / "log")]) is killed


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
