"""What the lab *feature coalition* needs in a page: all worths, and what stands in for it."""

from pathlib import Path

import matplotlib.pyplot as plt
import torch

from sdl_lib.live import feature_coalition as lab
from sdl_lib.live.export import write_json


def write(folder: Path) -> None:
    """Write the people, their worths, and the picture and table that stand in for the lab."""
    people = lab.people()
    setup = {
        "names": lab.NAMES,
        "people": [{"name": name, "answers": person.answers} for name, person in people.items()],
    }
    write_json(folder / "lab.json", setup)
    worths = torch.stack([person.worths for person in people.values()]).numpy()
    (folder / "worths.bin").write_bytes(worths.astype("<f4").tobytes())
    name, person = next(iter(people.items()))
    every = [True] * len(lab.NAMES)
    figure = lab.picture(person, every)
    figure.savefig(folder / "fallback.png", dpi=200)
    plt.close(figure)
    alone = lab.gains(person.worths, [False] * len(every))
    last = lab.gains(person.worths, every)
    columns = zip(lab.NAMES, person.answers, alone, last, person.shapley, strict=True)
    rows = [[f"{n}: {a}", *(lab.points(float(v)) for v in values)] for n, a, *values in columns]
    head = ["answer", "first", "last", "Shapley"]
    title = f"What each answer of {name} adds, in points: as the first, as the last, in the mean"
    alt = (
        f"Left, bars for the twelve answers of {name}: what each adds beside all others, and its "
        "Shapley value; relationship, marital status and occupation add most. Right, the chances "
        f"of all 4,096 coalitions by their size, a cloud. {lab.sentence(person, every)}"
    )
    table = {"title": title, "head": head, "rows": rows}
    write_json(folder / "fallback.json", {"alt": alt, "table": table})
