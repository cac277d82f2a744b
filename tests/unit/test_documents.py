"""What the documents show is right: examples run, settings are accepted, commands parse, links have targets."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import numpy as np
import pytest
import torch
import yaml

import inkbridge
from docs.settings_reference import as_markdown
from inkbridge import CELL
from inkbridge.cli.main import commands
from inkbridge.config.architectures import ARCHITECTURES, Architecture
from inkbridge.config.settings import Configuration, Variant
from inkbridge.export.vectors import write_stroke_table
from qa.paths import ROOT
from tests.tiny_project import write_project, write_sheet
from tests.unit.test_architecture import ALLOWED

DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "resources/**/*.md") for path in ROOT.glob(pattern)
)
MOST_README_LINES = 100


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield the name of the document and the text of each fenced block in ``language``."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for found in re.finditer(r"^```(?P<language>.*)\n(?P<text>(?s:.*?))^```$", text, re.MULTILINE):
            if found["language"] == language:
                yield document.relative_to(ROOT).as_posix(), found["text"]


def of_each(language: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("document", "text"), [pytest.param(*each, id=each[0]) for each in blocks(language)])


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_README_LINES


@of_each("python")
def test_python_example_compiles_and_its_names_exist(document, text) -> None:
    for node in ast.walk(ast.parse(text, document)):
        if isinstance(node, ast.ImportFrom):
            module = __import__(node.module, fromlist=["a"])
            assert all(hasattr(module, alias.name) for alias in node.names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ink":
            assert node.attr in inkbridge.__all__


def example_with(words: str) -> str:
    (text,) = (text for _, text in blocks("python") if words in text)
    return text


def test_first_example_of_the_readme_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(write_project(tmp_path, {"cat": {"sheet": "cat.png"}}))
    write_sheet(Path("cat.png"))
    exec(next(text for document, text in blocks("python") if document == "README.md"), {})
    assert Path("cat.gif").is_file()


def test_table_of_the_python_api_has_every_public_name() -> None:
    text = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    assert set(inkbridge.__all__) - {"__version__"} <= set(re.findall(r"`(\w+)`", text))


def test_example_of_the_python_api_runs(tmp_path, monkeypatch) -> None:
    folder = write_project(tmp_path, {"cat": {"sheet": "cat.png"}})
    (folder / "results/models/drawing").rename(folder / "results/models/strokes64")
    monkeypatch.chdir(folder)
    write_sheet(Path("cat.png"))
    exec(example_with("ink.PathOptions"), {})
    assert Path("cat.webp").is_file()


def test_example_that_reads_a_table_of_strokes_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = Path("results/animations/strokes64/tree/linear_std0.h5")
    table.parent.mkdir(parents=True)
    strokes = np.linspace(0, 1, 3 * 2 * 10, dtype=np.float32).reshape(3, 2, 10)
    write_stroke_table(table, strokes, 30, {})
    names: dict = {}
    exec(example_with("h5py.File"), names)
    np.testing.assert_array_equal(names["strokes"], strokes)
    assert names["times"].tolist() == [0, 30, 60]


def test_example_that_reads_a_report_runs(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("results/reports").mkdir(parents=True)
    Path("results/reports/interpolation.csv").write_text("variant,ghosting\nstrokes64,0.4\n")
    names: dict = {}
    exec(example_with("interpolation.csv"), names)
    assert names["table"]["ghosting"].tolist() == [0.4]


def test_registry_in_add_a_variant_extends_the_current_one() -> None:
    names: dict = {"Mapping": Mapping, "Architecture": Architecture}
    exec(example_with("ARCHITECTURES: Mapping"), names)
    assert {**ARCHITECTURES, "mine": names["ARCHITECTURES"]["mine"]} == names["ARCHITECTURES"]


def test_module_in_add_a_variant_builds_an_autoencoder() -> None:
    names: dict = {}
    exec(example_with("def build(settings"), names)
    model = names["build"](Variant(architecture="conv", latent_dim=8))
    images = torch.zeros(2, 1, CELL, CELL)
    assert model.decode(model.encode(images)).shape == images.shape


def test_formatter_does_not_change_documents(tmp_path) -> None:
    document = tmp_path / "page.md"
    ugly = "```python\nx = {  'a':1 }\n```\n"
    document.write_text(ugly)
    ruff = [sys.executable, "-m", "ruff", "format", "--config", str(ROOT / "pyproject.toml")]
    subprocess.run([*ruff, str(tmp_path), "--no-cache"], check=True, capture_output=True)
    assert document.read_text() == ugly


@of_each("yaml")
def test_settings_example_is_accepted(document, text) -> None:
    content, base = yaml.safe_load(text), yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    if not content.keys() <= base.keys():
        pytest.fail(f"{document}: unknown settings {content.keys() - base.keys()}")
    content.get("variants", {}).pop("mine64", None)  # whose architecture the reader is about to write
    Configuration.read(merged(base, content))


def merged(base: dict, content: dict) -> dict:
    """Return ``content`` on top of ``base``, as Snakemake does it."""
    mappings = {
        key: merged(base[key], value)
        for key, value in content.items()
        if isinstance(base.get(key), dict) and isinstance(value, dict)
    }
    return base | content | mappings


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Yield each command line of inkbridge in a block or at the beginning of a table's row, with its document."""
    in_rows = (
        (document.relative_to(ROOT).as_posix(), line)
        for document in DOCUMENTS
        for line in re.findall(r"^\| `(inkbridge [^`]+)", document.read_text(encoding="utf-8"), re.MULTILINE)
    )
    in_blocks = (
        (document, line)
        for document, text in blocks("")
        for line in re.findall(r"^(?:\$ )?(inkbridge .+)", text, re.MULTILINE)
    )
    for document, line in (*in_blocks, *in_rows):
        yield document, shlex.split(line, comments=True)[1:]


@pytest.mark.parametrize(
    ("document", "words"), [pytest.param(*each, id=" ".join(each[1])) for each in shown_commands()]
)
def test_command_in_a_document_parses(document, words) -> None:
    name, *arguments = words
    command = commands.get_command(click.Context(commands), name)
    assert command is not None, f"{document}: no command {name}"
    command.make_context(name, arguments)


def test_make_targets_in_documents_exist() -> None:
    targets = set(re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        (document.name, target)
        for document in DOCUMENTS
        for target in re.findall(r"(?:^|`)make ([a-z.][\w./-]*)", document.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named
    assert not {(document, target) for document, target in named if target not in targets}


def test_links_between_files_have_targets() -> None:
    broken = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"", text):
            target = "".join(link)
            if "://" not in target and not (document.parent / target).exists():
                broken.append((document.name, target))
    assert not broken


def test_paths_of_sources_in_documents_exist() -> None:
    places = (ROOT, ROOT / "workflow/inkbridge")
    missing = [
        (document.name, path)
        for document in DOCUMENTS
        for path in re.findall(r"`([a-z_]+/[\w./-]+\.(?:py|smk|yaml|png))`", document.read_text(encoding="utf-8"))
        if not path.startswith("results/") and not re.search("mine|RULE|[A-Z]{4}", path)
        if not any((place / path).exists() for place in places)
    ]
    assert not missing


def test_architecture_shows_the_walls_as_they_are() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = dict(
        re.findall(r"^(\w+) {2,}([a-z, -]+)$", text[text.index("## Rooms") : text.index("## Contracts")], re.MULTILINE)
    )
    shown = {room: set(re.findall(r"\w+", others)) for room, others in rows.items()}
    assert shown == ALLOWED, "docs/architecture.md lists other imports than tests/unit/test_architecture.py"
    assert set(re.findall(r"^- \*\*`(\w+)`\*\*", text, re.MULTILINE)) == set(ALLOWED)


def test_settings_reference_has_every_key() -> None:
    schema, text = Configuration.model_json_schema(), as_markdown()
    headings = re.findall(r"^## `(.+)`$", text, re.MULTILINE)
    assert len(headings) == len(schema["$defs"])
    for definition in schema["$defs"].values():
        for key, value in definition["properties"].items():
            assert f"| `{key}` | " in text or re.search(rf"\.{key}(\[\])?`", text)
            assert " ".join(value.get("description", "").split()).replace("|", "\\|") in text
