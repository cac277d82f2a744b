"""The walls of the house: which room may import which, and how large modules and functions may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "workflow/inkbridge"

ALLOWED = {
    "support": set(),
    "strokes": {"support"},
    "data": {"support", "strokes"},
    "latent": {"support"},
    "config": {"support", "data", "latent", "export"},
    "models": {"support", "strokes", "data", "config"},
    "decoding": {"support", "strokes", "latent", "models"},
    "fitting": {"support", "strokes", "latent", "config", "models", "decoding"},
    "keyframes": {"support"},
    "export": {"support", "strokes"},
    "evaluation": {"support", "strokes", "latent", "decoding", "export"},
    "web": {"support", "latent", "export", "evaluation"},
    "pipeline": {"support", "latent", "config", "models", "keyframes", "export", "evaluation", "web"},
    "api": {"support", "latent", "config", "models", "decoding", "fitting", "keyframes", "export"},
    "cli": {"api", "support", "latent", "config", "keyframes", "export", "models", "evaluation"},
}
"""Room → the rooms that it may import. Every room may import the constants in ``inkbridge`` itself."""

LONGEST_MODULE, LONGEST_FUNCTION, MOST_PARAMETERS = 500, 60, 8


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports in full"
            names = [node.module or ""] if node.module != "inkbridge" else [f"inkbridge.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("inkbridge.") and (PACKAGE / name.split(".")[1]).is_dir():
                yield name.split(".")[1]


def functions(module: Path) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_command(function: ast.FunctionDef) -> bool:
    """Return whether click calls ``function``: a command hands on as many values as it has options."""
    return any(".command(" in ast.unparse(decorator) for decorator in function.decorator_list)


def test_every_folder_is_a_room_with_walls():
    rooms = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir() and folder.name != "__pycache__"}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_rooms_import_only_what_they_may(room):
    foreign = {
        (module.relative_to(PACKAGE).as_posix(), other)
        for module in (PACKAGE / room).rglob("*.py")
        for other in imported_rooms(module)
        if other != room and other not in ALLOWED[room]
    }
    assert not foreign


def test_every_module_is_in_a_room():
    assert [module.name for module in PACKAGE.glob("*.py")] == ["__init__.py"]


def test_the_walls_have_no_loop():
    below: set[str] = set()
    left = dict(ALLOWED)
    while left:
        free = {room for room, others in left.items() if others <= below}
        assert free, f"these rooms import one another: {sorted(left)}"
        below |= free
        left = {room: others for room, others in left.items() if room not in free}


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_says_what_comes_in_and_what_goes_out(room):
    text = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8")))
    assert text is not None
    assert "In:" in text
    assert "Out:" in text
    assert "Imports" in text


def test_modules_are_short():
    lengths = {module.relative_to(PACKAGE).as_posix(): len(module.read_text().splitlines()) for module in modules()}
    assert not {name: length for name, length in lengths.items() if length > LONGEST_MODULE}


def test_functions_are_short_and_have_few_parameters():
    too_much = []
    for module in modules():
        for function in functions(module):
            names = [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
            count = len([name for name in names if name not in ("self", "cls")])
            length = (function.end_lineno or 0) - function.lineno + 1
            if length > LONGEST_FUNCTION or (count > MOST_PARAMETERS and not is_command(function)):
                too_much.append((module.relative_to(PACKAGE).as_posix(), function.name, length, count))
    assert not too_much


def test_only_one_room_knows_snakemake():
    knowing = {
        room_of(module)
        for module in modules()
        if any("snakemake" in line and "import" in line for line in module.read_text().splitlines())
    }
    assert knowing <= {"pipeline"}
