"""The command line: see the package."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import joblib
from tqdm import tqdm

import experiments.weights
from experiments.runs import Workers, add_workers, results, workers
from experiments.weights.recipe import Setting
from experiments.weights.registry import RECIPES, waves
from experiments.weights.shipping import make, ship


def run(names: Sequence[str], setting: Setting, out: Path | None, **how: Unpack[Workers]) -> None:
    """Train the networks, and write each as it comes."""
    for wave in waves(names):
        calls = [joblib.delayed(make)(name, setting) for name in wave]
        for made in results(calls, **how):
            file = ship(made, out)
            tqdm.write(f"{file.name}, {len(made.content):,} bytes. {made.how}")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.weights",
        description=experiments.weights.__doc__,
        epilog="The networks: " + ", ".join(RECIPES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="networks to train; default: all")
    add_workers(parser)
    add("--device", default=Setting().device, help="cuda for a GPU; what is shipped is of the CPU")
    add("--scale", type=float, default=Setting().scale, help="of steps, epochs and drawn examples")
    add("--out", type=Path, help="folder for weights and passports; default: the library's own")
    args = parser.parse_args(arguments)
    unknown = [name for name in args.names if name not in RECIPES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(RECIPES)}")
    if args.scale <= 0:
        parser.error(f"--scale: expected a positive number, found {args.scale}")
    if args.scale < 1 and args.out is None:
        parser.error("--scale below 1 needs --out: a quick try shall replace nothing")
    return args


def main() -> None:
    args = parse()
    names = list(dict.fromkeys(args.names)) or list(RECIPES)
    run(names, Setting(args.device, args.scale), args.out, **workers(args))


if __name__ == "__main__":
    main()
