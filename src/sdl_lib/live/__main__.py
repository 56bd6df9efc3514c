"""Write the files of every lab: ``python -m sdl_lib.live FOLDER``."""

import argparse
import warnings
from pathlib import Path

import sdl_lib
from sdl_lib.data import KnownProblems
from sdl_lib.live import write_assets


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sdl_lib.live", description=__doc__)
    parser.add_argument("folder", type=Path, help="one folder a lab is made in it")
    warnings.simplefilter("ignore", KnownProblems)  # said on the pages
    sdl_lib.setup(device="cpu")  # the same bytes at every build
    write_assets(parser.parse_args().folder)


if __name__ == "__main__":
    main()
