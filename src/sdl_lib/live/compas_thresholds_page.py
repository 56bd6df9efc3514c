"""What the lab *COMPAS thresholds* needs in a page: its counts, and what stands in for it."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt

from sdl_lib.live import compas_thresholds as lab
from sdl_lib.live.export import write_json


def write(folder: Path) -> None:
    """Write the counts, and the picture and table that stand in for the lab."""
    setup = {
        "groups": {name: _counts(lab.split(name)) for name in lab.GROUPS},
        "rows": [[name, title, lab.COUNTED[name]] for name, title in lab.ROWS.items()],
        "start": lab.START,
        "threshold": lab.THRESHOLD,
        "base": lab.BASE,
        "tolerance": lab.TOLERANCE,
    }
    write_json(folder / "lab.json", setup)
    groups, thresholds = lab.split("race"), (lab.START, lab.START)
    base = (float(groups.base[0]), float(groups.base[1]))
    figure = lab.picture(groups, thresholds, base)
    figure.savefig(folder / "fallback.png", dpi=200)
    plt.close(figure)
    found = lab.rates(groups, thresholds, base)
    gap = lab.gaps(found)
    table = {
        "title": f"Both thresholds at {lab.START:g}, base rates as they were: rates and gaps",
        "head": ["criterion", *groups.names, "gap"],
        "rows": [row[:-1] for row in lab.rows(found, gap)],
    }
    alt = (
        "Two bar charts of the share of each group at deciles 1 to 10. The bars of the group "
        f"{groups.names[0]} are about equally high, and the part charged again grows with the "
        f"decile. Those of the group {groups.names[1]} fall from left to right. A line at decile "
        f"{lab.START:g} parts low from medium and high. {lab.sentence(gap)}"
    )
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


def _counts(groups: lab.Split) -> dict[str, Any]:
    return {
        "names": groups.names,
        "positives": groups.positives.int().tolist(),
        "negatives": groups.negatives.int().tolist(),
    }
