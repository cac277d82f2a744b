"""Animate a sheet: ``python animate.py SHEET OUTPUT``, for example ``dancer.png dancer.webp``."""

import sys

import inkbridge as ink


def main(sheet: str, output: str) -> None:
    animation = ink.animate(
        sheet,
        path=ink.PathOptions(methods="cubic", noise_std=0.3, loop=True),
        film=ink.FilmOptions(size=512, colours="#1b6697,transparent"),
    )
    animation.save(output)


if __name__ == "__main__":
    main(*sys.argv[1:])
