"""The rooms of the package: which may import which, and how large modules and functions may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.paths import PACKAGE, ROOT

Function = ast.FunctionDef | ast.AsyncFunctionDef

ALLOWED = {
    "support": set(),
    "strokes": {"support"},
    "data": {"support", "strokes"},
    "latent": {"support"},
    "config": {"support", "data", "latent", "keyframes", "export"},
    "models": {"support", "strokes", "data", "config"},
    "decoding": {"support", "strokes", "latent", "models"},
    "tracing": {"support"},
    "matching": {"support", "tracing"},
    "fitting": {
        "support",
        "strokes",
        "latent",
        "config",
        "models",
        "decoding",
        "keyframes",
        "tracing",
        "matching",
    },
    "drawings": {"support", "latent", "export"},
    "keyframes": {"support", "drawings"},
    "export": {"support", "strokes"},
    "evaluation": {"support", "strokes", "latent", "decoding", "tracing", "export"},
    "web": {"support", "latent", "export", "evaluation"},
    "pipeline": {"support", "latent", "config", "models", "keyframes", "export", "evaluation", "web"},
    "api": {
        "support",
        "latent",
        "config",
        "models",
        "decoding",
        "fitting",
        "matching",
        "keyframes",
        "export",
        "drawings",
    },
    "studio": {"api", "support", "config", "decoding", "drawings", "keyframes"},
    "cli": {"api", "support", "latent", "config", "drawings", "keyframes", "export", "models", "evaluation", "studio"},
}
"""Room → the rooms that it may import. Every room may import the constants in ``inkbridge`` itself, ``CONSTANTS``."""

CONSTANTS = {"CELL", "__version__"}

KNOW_SNAKEMAKE = {
    "config/project.py": "builds the command that a message advises",
    "support/files.py": "builds the command that a message advises",
    "support/provenance/git.py": "records Snakemake's version among those of the libraries",
}
"""Module outside ``pipeline`` whose code mentions Snakemake → why. Comments and docstrings may mention it anywhere."""

FOLDERS = ("workflow", "tests", "qa", "benchmarks", "docs", "resources")
"""The folders whose modules and functions may not grow without limit."""

LONGEST_MODULE, LONGEST_FUNCTION, MOST_PARAMETERS = 500, 60, 8


def modules() -> list[Path]:
    """Return the modules of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def all_modules() -> list[Path]:
    """Return the modules of the package, of the workflow's scripts, of tests, campaigns, benchmarks and documents."""
    return sorted(module for folder in FOLDERS for module in (ROOT / folder).rglob("*.py"))


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def imported_rooms(tree: ast.Module) -> Iterator[str]:
    """Yield the rooms that a module imports. The package's public names belong to the room ``api``."""
    package = names_of_the_package(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full"
            names = [node.module or ""] if node.module != "inkbridge" else [f"inkbridge.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in package:
            names = [f"inkbridge.{node.attr}"]
        else:
            continue
        for name in names:
            if name.startswith("inkbridge.") and (part := name.split(".")[1]) not in CONSTANTS:
                yield part if (PACKAGE / part).is_dir() else "api"


def names_of_the_package(tree: ast.Module) -> set[str]:
    """Return the names under which a module has imported ``inkbridge`` itself."""
    imports = (alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names)
    return {alias.asname or alias.name for alias in imports if alias.name == "inkbridge"}


def mentions_snakemake(tree: ast.Module) -> bool:
    """Return whether the code of a module mentions Snakemake: its names, imports and texts, without docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):  # a text that stands alone is a docstring
            node.body = [one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    return "snakemake" in ast.dump(tree).lower()


def functions(module: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(module)) if isinstance(node, Function))


def is_called_by_a_library(function: Function) -> bool:
    """Return whether click, pytest or Triton calls ``function``: its parameters are the options of a command, fixtures,
    or addresses of tensors and the numbers of their rows."""
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    is_command = any(".command(" in decorator for decorator in decorators)
    is_fixture = any(decorator.startswith("pytest.fixture") for decorator in decorators)
    is_kernel = "triton.jit" in decorators
    return is_command or is_fixture or is_kernel or function.name.startswith("test_")


def sizes(function: Function) -> tuple[int, int]:
    """Return the number of lines and of parameters of a function, ``self`` left out."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return (function.end_lineno or 0) - function.lineno + 1, len(
        [name for name in names if name not in ("self", "cls")]
    )


def test_every_folder_is_a_room_with_allowed_imports():
    rooms = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir() and folder.name != "__pycache__"}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_rooms_import_only_what_they_may(room):
    foreign = {
        (module.relative_to(PACKAGE).as_posix(), other)
        for module in (PACKAGE / room).rglob("*.py")
        for other in imported_rooms(tree_of(module))
        if other != room and other not in ALLOWED[room]
    }
    assert not foreign


def test_every_module_is_in_a_room():
    assert [module.name for module in PACKAGE.glob("*.py")] == ["__init__.py"]


def test_rooms_do_not_import_each_other_in_a_circle():
    below: set[str] = set()
    left = dict(ALLOWED)
    while left:
        free = {room for room, others in left.items() if others <= below}
        assert free, f"these rooms import one another: {sorted(left)}"
        below |= free
        left = {room: others for room, others in left.items() if room not in free}


@pytest.mark.parametrize("room", ALLOWED)
def test_room_docstring_states_input_output_and_imports(room):
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")))
    assert text is not None
    assert "In:" in text
    assert "Out:" in text
    assert "Imports" in text


def test_modules_are_short():
    lengths = {module.relative_to(ROOT).as_posix(): len(module.read_text().splitlines()) for module in all_modules()}
    assert {name.partition("/")[0] for name in lengths} == {*FOLDERS}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_MODULE}


def test_functions_are_short_and_have_few_parameters():
    too_much = []
    for module in all_modules():
        for function in functions(module):
            length, count = sizes(function)
            if length > LONGEST_FUNCTION or (count > MOST_PARAMETERS and not is_called_by_a_library(function)):
                too_much.append((module.relative_to(ROOT).as_posix(), function.name, length, count))
    assert not too_much


def test_other_rooms_mention_snakemake_for_a_known_reason_only():
    mentioning = {
        module.relative_to(PACKAGE).as_posix()
        for module in modules()
        if PACKAGE / "pipeline" not in module.parents and mentions_snakemake(tree_of(module))
    }
    assert mentioning == set(KNOW_SNAKEMAKE)


# --- the walls themselves -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "rooms"),
    [
        ("from inkbridge import CELL, __version__", set()),
        ("import inkbridge\ninkbridge.__version__", set()),
        ("from inkbridge import Colours", {"api"}),
        ("def f():\n    from inkbridge import animate", {"api"}),
        ("import inkbridge as ink\nink.animate()", {"api"}),
        ("from inkbridge import web", {"web"}),
        ("import inkbridge.web.pages", {"web"}),
        ("from inkbridge.web.pages import write", {"web"}),
        ("import numpy", set()),
    ],
)
def test_an_import_counts_for_the_room_it_leads_to(code, rooms):
    assert set(imported_rooms(ast.parse(code))) == rooms


@pytest.mark.parametrize(
    ("code", "mentions"),
    [
        ("import snakemake", True),
        ("from snakemake.io import Wildcards", True),
        ("command = ['snakemake', '--cores']", True),
        ("def f(snakemake): pass", True),
        ('"""As Snakemake does."""', False),
        ('def f():\n    """As Snakemake does."""', False),
        ("x = 1  # Snakemake does too", False),
    ],
)
def test_code_that_mentions_snakemake_is_recognised(code, mentions):
    assert mentions_snakemake(ast.parse(code)) == mentions


def test_parameters_and_lines_of_all_kinds_of_functions_are_counted():
    tree = ast.parse("class A:\n    async def f(self, a, /, b, *, c):\n        return 1\n")
    (function,) = [node for node in ast.walk(tree) if isinstance(node, Function)]
    assert sizes(function) == (2, 3)
