"""The installed command, in a process of its own: what it imports, its help, its progress bars, its end."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from inkbridge import __version__
from tests.command_line.conftest import COMMAND, SHEETS, TREE_FRAMES
from tests.unit.export.test_formats import play

TREE = SHEETS / "tree.png"


def test_animation_is_written_and_progress_is_shown_in_a_terminal(project, tmp_path):
    leader, terminal = pty.openpty()
    command = [str(COMMAND), "animate", str(TREE), "-o", "a.gif"]
    environment = {**os.environ, "INKBRIDGE_PROJECT": str(project)}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    while select.select([leader], [], [], 60)[0]:
        try:
            shown += os.read(leader, 1 << 16)
        except OSError:  # the other end is closed
            break
    assert process.wait() == 0
    assert re.search(rb"fitting .*100%", shown)
    assert re.search(rb"drawing .*100%", shown)
    assert len(play(tmp_path / "a.gif").begins) == TREE_FRAMES


def test_exit_code_and_message_reach_the_shell(run_installed):
    said = run_installed("animate", "none.png")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("inkbridge: none.png: expected a drawing")
    assert run_installed("animate", "none.png", "--frames", "none").code == 2


def test_version_is_that_of_the_package(run):
    assert run("--version").out == f"inkbridge, version {__version__}\n"


@pytest.mark.parametrize(
    "command", ["demo", "studio", "animate", "check", "new", "models", "traverse", "morph", "provenance"]
)
def test_every_command_explains_itself_with_an_example(command, run):
    said = run(command, "--help")
    assert said.code == 0
    assert f"inkbridge {command}" in said.out.split("Example")[1]
    assert f"  {command} " in run("--help").out


def test_help_is_shown_before_anything_heavy_is_imported():
    heavy = {"torch", "numba", "pandas", "matplotlib", "h5py", "scipy"}
    seen = (
        "import sys; sys.argv = ['inkbridge', '--help']\n"
        "from inkbridge.cli.main import main\n"
        f"try: main()\nfinally: print('heavy:', {heavy} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True).stdout
    assert "inkbridge animate cat.png" in shown
    assert shown.endswith("heavy: set()\n")


def test_interruption_leaves_nothing_half_written(configure, tmp_path):
    folder = configure(fitting={"stroke_steps": 100_000})
    command = [str(COMMAND), "animate", str(TREE), "-o", "a.gif", "--project", str(folder)]
    signals = {signal.SIGINT: 130, signal.SIGTERM: 143}
    with ExitStack() as stack:
        processes = []
        for number in signals:  # both run at the same time
            place = tmp_path / number.name
            place.mkdir()
            processes.append(
                stack.enter_context(subprocess.Popen(command, cwd=place, stderr=subprocess.PIPE, text=True))
            )
        for process, (number, code) in zip(processes, signals.items(), strict=True):
            assert process.stderr
            while "model drawing" not in process.stderr.readline():
                assert process.poll() is None
            with pytest.raises(subprocess.TimeoutExpired):  # it fits
                process.wait(1)
            process.send_signal(number)
            assert "Traceback" not in process.stderr.read()
            assert process.wait(20) == code
            assert list((tmp_path / number.name).iterdir()) == []
