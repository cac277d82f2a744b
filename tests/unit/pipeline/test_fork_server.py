"""A script that a fork server runs behaves as one that Python runs, and ends as it does."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inkbridge.pipeline import fork_server
from tests.needs import needs_linux

pytestmark = needs_linux

PARENT = """
import sys, time
from inkbridge.pipeline import fork_server
print(fork_server.start(sys.executable), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent() -> "Iterator[subprocess.Popen[str]]":
    """A process that has started a server, and ends with its standard input."""
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.communicate()


@pytest.fixture
def command(parent: "subprocess.Popen[str]") -> list[str]:
    assert parent.stdout is not None
    return shlex.split(parent.stdout.readline())


def script_of(folder: Path, text: str, rule: str = "rule") -> str:
    script = folder / f"tmp.{rule}.py"
    script.write_text(text)
    return str(script)


def run(command: list[str], script: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*command, script], capture_output=True, text=True, check=False, **options)


def eventually(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def ended(process: int) -> bool:
    return not Path("/proc", str(process), "exe").exists()


def test_script_is_run_as_by_python(command, tmp_path):
    text = """
import json, os, sys
print(json.dumps([os.getcwd(), os.environ["INK"], sys.argv, __name__, __file__, sys.path[0]]))
print("problem", file=sys.stderr)
"""
    script = script_of(tmp_path, text)
    for words in ([sys.executable], command):
        done = run(words, script, cwd=tmp_path, env={**os.environ, "INK": "dark"})
        assert json.loads(done.stdout) == [str(tmp_path), "dark", [script], "__main__", script, str(tmp_path)]
        assert (done.stderr, done.returncode) == ("problem\n", 0)


@pytest.mark.parametrize("end", ["sys.exit(3)", "sys.exit('no')", "1 / 0", "os.kill(os.getpid(), 15)", "os._exit(130)"])
def test_script_ends_as_by_python(command, tmp_path, end):
    script = script_of(tmp_path, f"import os, sys\n{end}")
    expected, done = run([sys.executable], script), run(command, script)
    assert done.returncode == expected.returncode != 0
    assert done.stderr.splitlines()[-1:] == expected.stderr.splitlines()[-1:]


def test_server_prepares_a_rule_once_for_all_its_jobs(command, tmp_path):
    text = """
import os
import colorsys

def prepare():
    colorsys.prepared_in = os.getpid()

print(colorsys.prepared_in, os.getpid())
"""
    prepared_in, processes = zip(
        *[run(command, script_of(tmp_path, text)).stdout.split() for _ in range(3)], strict=True
    )
    assert len({*prepared_in}) == 1
    assert not {*prepared_in} & {*processes}


def test_jobs_share_what_their_script_imports_and_nothing_else(command, tmp_path):
    first = script_of(tmp_path, "import fractions, wave\nfractions.seen = 1\nif True:\n    import colorsys")
    assert run(command, first).returncode == 0
    names = "hasattr(fractions, 'seen'), 'wave' in sys.modules, 'colorsys' in sys.modules"
    second = script_of(tmp_path, f"import fractions, sys\nprint({names})")
    assert run(command, second).stdout == "False True False\n"


def test_script_that_cannot_import_fails_alone(command, tmp_path):
    failed = run(command, script_of(tmp_path, "import no_such_module", "bad"))
    assert failed.returncode == 1
    assert "No module named 'no_such_module'" in failed.stderr
    assert run(command, script_of(tmp_path, "print('fine')")).stdout == "fine\n"


def test_client_is_killed_with_its_job(command, tmp_path):
    assert run(command, script_of(tmp_path, "import os\nos.kill(os.getpid(), 9)")).returncode == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_job_receives_sigterm_when_its_client_ends(command, tmp_path, number):
    text = """
import os, signal, time
try:
    signal.signal(signal.SIGTERM, lambda *_: exit(1))
    print(os.getpid(), flush=True)
    time.sleep(60)
finally:
    open("cleaned", "w").close()
"""
    words = [*command, script_of(tmp_path, text)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(words, cwd=tmp_path, text=True, **pipes) as client:
        assert client.stdout is not None and client.stderr is not None
        job = int(client.stdout.readline())
        client.send_signal(number)
        assert (client.wait(), client.stderr.read()) == (-number, "")
    assert eventually(lambda: ended(job))
    assert (tmp_path / "cleaned").exists()


def test_without_a_server_python_runs_the_script(command, parent, tmp_path):
    parent.communicate()
    assert run(command, script_of(tmp_path, "print('fine')")).stdout == "fine\n"


def test_training_runs_in_a_python_of_its_own(command, tmp_path):
    script = script_of(tmp_path, "import os\nprint(os.getpid())", "train")
    with subprocess.Popen([*command, script], stdout=subprocess.PIPE, text=True) as training:
        assert training.communicate()[0] == f"{training.pid}\n"


@pytest.mark.parametrize("number", [signal.SIGKILL, None])
def test_server_ends_with_its_parent(command, parent, tmp_path, number):
    job = run(command, script_of(tmp_path, "import os\nprint(os.getppid())"))
    server, place = int(job.stdout), Path(command[-1])
    assert place.exists()
    parent.send_signal(number) if number else parent.communicate()
    assert eventually(lambda: ended(server) and not place.parent.exists())


def test_client_fails_if_server_and_job_are_killed(command, tmp_path):
    script = script_of(tmp_path, "import os\nos.kill(os.getppid(), 9)\nos.kill(os.getpid(), 9)")
    assert run(command, script).returncode == -signal.SIGKILL


def test_systems_without_pidfd_start_python(monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    assert fork_server.start("python3") == "python3"
