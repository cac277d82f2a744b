"""SVG files → pictures. resvg draws them; what it would cost, and what they refer to, is checked before."""

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from inkbridge.keyframes.images import decode, named_failures, open_picture
from inkbridge.support.errors import InkbridgeError

MOST_BYTES = 8_000_000
"""Bytes of a file: bounds time."""

MOST_ELEMENTS = 50_000
"""Elements of a drawing, those that ``use`` repeats counted each time: bounds time and memory."""

SMALLEST_SIDE, LARGEST_SIDE = 512, 4096
"""Pixels of the longer side. Drawings of other sizes are scaled to them."""

_ANIMATIONS = {"animate", "animateMotion", "animateTransform", "set"}

_REFERENCE = re.compile(r"url\(\s*['\"]?\s*(?!#)", re.IGNORECASE)

_LENGTH = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(px|mm|cm|in|pt|pc|q)?\s*", re.IGNORECASE)

_UNITS = {"px": 1.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "pt": 96 / 72, "pc": 16.0, "q": 96 / 101.6}


def picture_of_svg(path: Path) -> tuple[Image.Image, tuple[str, ...]]:
    """Return the drawing of an SVG file in RGBA, and warnings."""
    import resvg_py

    with named_failures(path):
        if path.stat().st_size > MOST_BYTES:
            raise InkbridgeError(f"{path}: expected an SVG of at most {MOST_BYTES // 1_000_000} megabytes; simplify it")
        text = path.read_text(encoding="utf-8-sig")
        if "<!ENTITY" in text:
            raise InkbridgeError(f"{path}: expected an SVG without entities; save it again as plain SVG")
        root = ElementTree.fromstring(text)
        _check(path, root)
        width, height = _size(path, root)
        longer = max(width, height)
        zoom = min(max(longer, SMALLEST_SIDE), LARGEST_SIDE) / longer
        size = max(1, round(width * zoom)), max(1, round(height * zoom))
        drawn = resvg_py.svg_to_bytes(
            svg_string=text, width=size[0], height=size[1], skip_system_fonts=True, log_information=False
        )
    with open_picture(path, io.BytesIO(bytes(drawn))) as picture:
        decoded = decode(path, picture)
    has_text = any(_name(element) == "text" for element in root.iter())
    warning = f"{path.name}: text is not drawn; turn it into paths"
    return decoded, (warning,) if has_text else ()


def _check(path: Path, root: ElementTree.Element) -> None:
    """Refuse an SVG that moves, that refers to other files, or that grows without bounds."""
    if _name(root) != "svg":
        raise InkbridgeError(f"{path}: expected a picture, found XML of another kind; save it as PNG")
    for element in root.iter():
        if _name(element) in _ANIMATIONS or (_name(element) == "style" and "@keyframes" in (element.text or "")):
            raise InkbridgeError(f"{path}: expected a drawing, found an animated SVG; save some of its frames as PNG")
        for reference in _references(element):
            if reference.startswith("data:") and not reference.startswith("data:image/svg"):
                _check_embedded(path, reference)
            elif not reference.startswith("#"):
                raise InkbridgeError(
                    f"{path}: expected an SVG that needs no other files, found one that refers to {reference[:60]!r}; "
                    "embed the picture, or save it as PNG"
                )
    if _elements(root) > MOST_ELEMENTS:
        raise InkbridgeError(f"{path}: expected at most {MOST_ELEMENTS} elements, found more; simplify it")


def _references(element: ElementTree.Element) -> Iterator[str]:
    """Yield what an element refers to, its own parts included."""
    name = _name(element)
    for key, value in element.attrib.items():
        if (key.rpartition("}")[2] == "href" and name != "a") or _REFERENCE.search(value):
            yield value.strip()
    if name == "style" and ("@import" in (element.text or "") or _REFERENCE.search(element.text or "")):
        yield (element.text or "").strip()


def _check_embedded(path: Path, address: str) -> None:
    content = base64.b64decode(address.partition(",")[2])
    with open_picture(path, io.BytesIO(content)):
        pass  # its header is checked


def _elements(root: ElementTree.Element) -> int:
    """Return the number of elements, those that ``use`` repeats counted each time; at most a little more than
    MOST_ELEMENTS."""
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    total, waiting = 0, [(root, 0)]
    while waiting and total <= MOST_ELEMENTS:
        element, depth = waiting.pop()
        total += 1
        waiting += [(child, depth) for child in element]
        if _name(element) == "use":
            target = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == "href"), "")
            used = named.get(target.strip().removeprefix("#"))
            if used is not None and depth < 64:
                waiting.append((used, depth + 1))
    return total


def _size(path: Path, root: ElementTree.Element) -> tuple[float, float]:
    """Return the width and height of a drawing in pixels, from its attributes or from its view box."""
    box = [float(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip()) if part]
    of_box = (box[2], box[3]) if len(box) == 4 else (100.0, 100.0)
    width, height = (_length(root.get(name, "")) for name in ("width", "height"))
    if width is None and height is None:
        width, height = of_box
    elif width is None or height is None:
        scale = (width or 0) / of_box[0] if width else (height or 0) / of_box[1]
        width, height = of_box[0] * scale, of_box[1] * scale
    if not (0 < width < 1e6 and 0 < height < 1e6 and max(width, height) < 4096 * min(width, height)):
        raise InkbridgeError(f"{path}: expected a size of a drawing, found {width:g}×{height:g} pixels; crop it")
    return width, height


def _length(text: str) -> float | None:
    match = _LENGTH.fullmatch(text)
    return float(match[1]) * _UNITS[(match[2] or "px").lower()] if match else None


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
