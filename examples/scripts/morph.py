"""Turn one drawing into another, and back: ``python morph.py FIRST SECOND`` writes ``morph.gif`` and ``morph.svg``."""

import sys

import inkbridge as ink


def main(first: str, second: str) -> None:
    animation = ink.morph(first, second, path=ink.PathOptions(frames_per_segment=30))
    animation.save("morph.gif")
    if animation.strokes is not None:  # None if the model makes pixels
        print(f"{animation.strokes.shape[1]} strokes in {animation.strokes.shape[0]} frames")
        animation.save("morph.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
