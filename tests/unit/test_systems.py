"""inkbridge runs on Linux and macOS; elsewhere it stops with one sentence. A checkout needs no symbolic links."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qa.paths import ROOT

WITHOUT_LOCKS = "import sys; sys.modules['fcntl'] = None; "
ON_WINDOWS = "import sys; sys.platform = 'win32'; "

DOORS = {
    "import": "import inkbridge",
    "command": "from importlib.metadata import entry_points as e; "
    "(command,) = e(group='console_scripts', name='inkbridge'); command.load()",
    "workflow": "import snakemake.cli, inkbridge_before as before; before.act(); "
    f"snakemake.cli.main(['--snakefile', {str(ROOT / 'Snakefile')!r}, '--dry-run'])",
}
"""Ways into inkbridge. Snakemake itself runs on Windows: it is imported before the system changes."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("door", "system"),
    [
        ("import", WITHOUT_LOCKS),
        ("import", ON_WINDOWS),
        ("command", WITHOUT_LOCKS),
        ("command", ON_WINDOWS),
        ("workflow", WITHOUT_LOCKS),  # with its platform changed, Snakemake fails by itself
    ],
)
def test_other_systems_are_refused_in_one_sentence(door: str, system: str, tmp_path: Path) -> None:
    (tmp_path / "inkbridge_before.py").write_text(f"def act():\n    {system}\n")
    code = DOORS[door] if door == "workflow" else system + DOORS[door]
    path = os.pathsep.join([str(tmp_path), str(ROOT / "workflow")])
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    (told,) = [line for line in answer.stderr.splitlines() if "inkbridge" in line]
    assert told.startswith("inkbridge: expected Linux or macOS, found ")
    assert told.endswith("on Windows, run inkbridge in WSL")
    assert answer.stdout == ""


def test_no_file_of_the_project_is_a_symbolic_link() -> None:
    answer = subprocess.run(["git", "-C", ROOT, "ls-files", "--stage"], capture_output=True, text=True, check=True)
    assert not [line for line in answer.stdout.splitlines() if line.startswith("120000")]


@pytest.mark.slow
def test_snakemake_uses_the_default_profile_automatically() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "snakemake", "--list-rules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "Using workflow specific profile profiles/default" in answer.stdout + answer.stderr
