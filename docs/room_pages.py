"""A page for each room of the package, which Sphinx fills from the docstrings."""

from pathlib import Path


def write_room_pages(package: Path, folder: Path) -> None:
    """Write ``folder/ROOM.rst`` for each room of ``package``, with a section for each of its modules."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.rst"):
        old.unlink()
    for room in sorted(path.parent for path in package.glob("*/__init__.py")):
        names = sorted(module_name(package, file) for file in room.rglob("*.py"))
        text = section(names[0], "=") + "".join(section(name, "-") for name in names[1:])
        (folder / f"{room.name}.rst").write_text(text, encoding="utf-8")


def module_name(package: Path, file: Path) -> str:
    """Return the dotted name of the module in ``file``."""
    parts = file.relative_to(package.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def section(name: str, underline: str) -> str:
    return f"{name}\n{underline * len(name)}\n\n.. automodule:: {name}\n   :members:\n\n"
