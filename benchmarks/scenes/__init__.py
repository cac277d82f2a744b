"""Scenes of the project's own whose true in-betweens are known, to measure how well animations move.

`SCENES` holds them all by name: people, animals, things and letters. Half of each kind are for development. The other
half, for acceptance, are only measured; nothing is tuned on them.
"""

from benchmarks.scenes.animals import ANIMALS
from benchmarks.scenes.letters import LETTERS
from benchmarks.scenes.moving_things import THINGS
from benchmarks.scenes.people import PEOPLE
from benchmarks.scenes.scene import Part, Scene

KINDS = {"people": PEOPLE, "animals": ANIMALS, "things": THINGS, "letters": LETTERS}

SCENES: dict[str, Scene] = {scene.name: scene for scenes in KINDS.values() for scene in scenes}


def scenes_of(part: Part) -> dict[str, Scene]:
    """Return name → scene of one half."""
    return {name: scene for name, scene in SCENES.items() if scene.part == part}
