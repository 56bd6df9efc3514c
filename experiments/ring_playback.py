"""Games on the ring, step by step: what the lab of the page plays back.

    python -m experiments.ring_playback

Half a minute on one thread: each game from three seeds. It writes the record that the library
ships: the points of the first seed, and how many modes each picture of every seed covers.
"""

import json
import time
from pathlib import Path

import numpy as np
import torch

from experiments.runs import RESULTS, provenance, write_summary
from sdl_lib.gan import mode_coverage, ring_centres
from sdl_lib.gan.playback import (
    GAMES,
    PICTURES,
    POINTS,
    RECORD,
    SEEDS,
    from_levels,
    play_game,
    to_levels,
)


def publish(
    record: Path = RECORD,
    points: Path = POINTS,
    summary: Path = RESULTS / "ring-playback.json",
    *,
    seeds: int = SEEDS,
    pictures: int = PICTURES,
) -> None:
    """Play every game from every seed, and write record, points and summary."""
    torch.set_num_threads(1)
    start = time.process_time()
    centres = ring_centres().double()
    shipped, covered = [], {}
    for name in GAMES:
        played = [to_levels(play_game(name, seed=s, pictures=pictures)) for s in range(seeds)]
        shipped.append(played[0].numpy())
        covered[name] = [
            [mode_coverage(picture, centres).covered for picture in from_levels(levels)]
            for levels in played
        ]
    known = provenance(torch.device("cpu")) | {
        "seconds": str(round(time.process_time() - start)),
        "command": "python -m experiments.ring_playback",
    }
    np.savez_compressed(points, levels=np.stack(shipped))
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(runs)}" for name, runs in covered.items())
    record.write_text(
        f'{{"provenance": {json.dumps(known)},\n"covered": {{\n{rows}\n}}}}\n', encoding="utf-8"
    )
    write_summary(summary, known)


if __name__ == "__main__":
    publish()
