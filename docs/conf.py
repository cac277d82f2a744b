"""Sphinx's settings: ``make docs`` builds the pages of this folder into ``build/docs``, without network."""

import re
import sys
from importlib.metadata import version as installed_version
from itertools import pairwise
from pathlib import Path

import click
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "workflow/inkbridge"
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT)]

from docs.room_pages import write_room_pages  # noqa: E402
from docs.settings_reference import as_markdown  # noqa: E402

project = "inkbridge"
author = "The inkbridge developers"
project_copyright = f"2026, {author}"
version = release = installed_version("inkbridge")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
exclude_patterns = ["pictures/*.py"]
suppress_warnings = ["misc.highlighting_failure"]

html_theme = "furo"
html_title = f"inkbridge {version}"
html_show_sphinx = False
html_copy_source = False
html_static_path: list[str] = []

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100

smartquotes = False

SETTINGS_MARK = "<!-- settings -->"
"""Stands in ``reference/configuration.md`` where the generated tables go."""


def insert_settings(app: Sphinx, page: str, source: list[str]) -> None:
    """Replace ``SETTINGS_MARK`` in a page's source by the reference of the settings."""
    source[0] = source[0].replace(SETTINGS_MARK, as_markdown())


def show_examples_as_code(app: Sphinx, context: click.Context, lines: list[str]) -> None:
    """Turn the line blocks of a command's help (click's ``\\b``) into literal blocks: they are examples."""
    shown: list[str] = []
    for before, line in pairwise(["", *lines]):
        if not line.startswith("| "):
            shown.append(line)
        elif before.startswith("| "):
            shown.append(line.removeprefix("|"))
        else:
            shown += [f"{line.removeprefix('| ').removesuffix(':')}::", ""]
    lines[:] = shown


ARRAY = re.compile(
    r"~?(?:numpy\.)?ndarray\[tuple\[(?:~typing\.)?Any, \.\.\.\], ~?(?:numpy\.)?dtype\[~?(?:numpy\.)?(\w+)\]\]"
)
"""What Sphinx writes for ``NDArray[…]``."""


def shorten_arrays(
    app: Sphinx, what: str, name: str, documented: object, options: object, signature: str | None, result: str | None
) -> tuple[str | None, str | None]:
    """Write ``NDArray[float32]`` in signatures, as the sources do, and functions that are defaults by their names."""

    def shorten(text: str | None) -> str | None:
        return text and re.sub(r"<function (\w+)>", r"\1", ARRAY.sub(r"NDArray[\1]", text))

    return shorten(signature), shorten(result)


def list_parameters(app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]) -> None:
    """Turn a paragraph of lines ``name: text`` in a docstring, which describe parameters or fields, into a list."""
    shown, listing = [], False
    for before, line in pairwise(["", *lines]):
        field = re.match(r"([a-z_]+): (.*)", line)
        if field and (listing or not before.strip()):
            listing = True
            shown.append(f"- ``{field[1]}``: {field[2]}")
        elif listing and line.startswith("Raises"):
            listing = False
            shown += ["", line]
        else:
            listing = listing and bool(line.strip())
            shown.append(f"  {line}" if listing else line)
    lines[:] = shown


def refuse_loads_from_the_network(app: Sphinx, failure: Exception | None) -> None:
    """Fail if a page loads a script, a style, a picture or a font from the network."""
    patterns = {
        "html": r'<(?:script|img|iframe)[^>]* src="(?:https?:)?//|<link[^>]* href="(?:https?:)?//',
        "css": r"url\(.?(?:https?:)?//",
    }
    for suffix, pattern in patterns.items():
        for page in Path(app.outdir).rglob(f"*.{suffix}"):
            if failure is None and (found := re.search(pattern, page.read_text(encoding="utf-8"))):
                raise ExtensionError(f"{page}: expected nothing from the network, found {found[0]!r}")


def setup(app: Sphinx) -> None:
    write_room_pages(PACKAGE, ROOT / "docs/reference/rooms")
    app.connect("source-read", insert_settings)
    app.connect("sphinx-click-process-description", show_examples_as_code)
    app.connect("autodoc-process-signature", shorten_arrays)
    app.connect("autodoc-process-docstring", list_parameters)
    app.connect("build-finished", refuse_loads_from_the_network)
