"""Any record is shown as printable lines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inkbridge import __version__
from inkbridge.support.png import write_png
from inkbridge.support.provenance.carriers import find_provenance
from inkbridge.support.provenance.record import Provenance, as_text, result_record
from inkbridge.support.provenance.text import as_lines

FRAMES = np.random.default_rng(0).integers(0, 256, (4, 16, 16), dtype=np.uint8)


BACKEND = {"device": "cuda", "device_name": "GPU", "precision": "bfloat16", "threads": 2, "torch": "2"}


def inkbridge(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("inkbridge")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=os.environ)


def test_command_prints_the_record(made: Provenance, tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", FRAMES[0], made)
    answer = inkbridge("provenance", "a.png", folder=tmp_path)
    assert answer.returncode == 0
    assert f"inkbridge {__version__}, rule animate" in answer.stdout
    assert "0123abcd, with changes" in answer.stdout
    assert f"numpy {np.__version__}" in answer.stdout
    as_json = inkbridge("provenance", "--json", "a.png", folder=tmp_path)
    assert json.loads(as_json.stdout) == made


def test_command_refuses_in_one_line(tmp_path: Path) -> None:
    answer = inkbridge("provenance", "none.gif", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == "inkbridge: none.gif: expected a file or folder that inkbridge made; found none\n"


ODD: list[Provenance] = [
    {"dirty": "x"},
    {"dirty": [1]},
    {"names": {"doodle": "\ud800", "\x1b[31m": "\x1b]0;title\x07\nmade by"}},
    {"commit": "\ud800\x1b[2J", "step": "\x9b31m"},
    {"sources": {"model": {"version": 3, "seed": [], "dirty": {}, "versions": {"numpy": None}}}},
    {"threads": {"a": []}, "seed": {}, "device": 3, "versions": {"numpy": ["\r"]}},
    {"names": 3},
    {"versions": None},
    {"sources": ["model"]},
    {"sources": {"model": {"versions": 3}}},
    {"sources": {"model": None}},
    {"version": 1},
]


@pytest.mark.parametrize("odd", ODD)
def test_hostile_record_is_printed_safely_or_refused(odd: Provenance, made: Provenance, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"provenance": {**made, **odd}}))
    answer = inkbridge("provenance", "a.json", folder=tmp_path)
    assert answer.returncode in (0, 1)
    assert "Traceback" not in answer.stderr
    assert answer.returncode == 0 or "carries no record" in answer.stderr
    assert all(line.isprintable() for line in answer.stdout.splitlines())
    assert answer.stdout.count("made by ") <= 1
    result_record(made, "rule fit", {}, sources={"model": find_provenance(tmp_path / "a.json")})


def test_deeply_nested_record_causes_no_traceback(made: Provenance, tmp_path: Path) -> None:
    for depth in (300, 900, 100_000):
        text = as_text(made)[:-1] + ',"device":' + "[" * depth + "]" * depth + "}"
        (tmp_path / "a.json").write_text(f'{{"provenance": {text}}}')
        for options in ([], ["--json"]):
            answer = inkbridge("provenance", "a.json", *options, folder=tmp_path)
            assert answer.returncode in (0, 1)
            assert "Traceback" not in answer.stderr


def test_impossible_file_name_is_reported_in_one_line(tmp_path: Path) -> None:
    answer = inkbridge("provenance", "x" * 300 + ".gif", folder=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith("inkbridge: xxx")
    assert answer.stderr.count("\n") == 1


def test_lines_describe_the_sources(run: Provenance) -> None:
    run = {**run, "dirty": False}
    model = result_record({**run, "commit": "older"}, "rule train", {}, BACKEND)
    lines = as_lines(result_record(run, "rule fit", {"doodle": "tree"}, BACKEND, {"model": model, "same": model}))
    assert "doodle         tree" in lines
    assert "from model     source older, without changes" in lines
    assert "computed on    GPU, cuda, bfloat16, threads: 2" in lines
