"""What the lab *next letter* needs in a page: the network, and what stands in for it."""

from pathlib import Path

import matplotlib.pyplot as plt

from sdl_lib import figures, models
from sdl_lib.live import next_letter as lab
from sdl_lib.live.export import write_json

_PREFIXES = ("", "q", "th", "alice wa", "said the q", "the mock turt", lab.START)


def write(folder: Path) -> None:
    """Write the network, the settings, and the picture and table that stand in for the lab."""
    model = models.load(lab.NETWORK)
    described, weights = lab.manifest(model)
    write_json(folder / f"{lab.NETWORK}.json", described)
    (folder / f"{lab.NETWORK}.bin").write_bytes(weights)
    setup = {
        "network": lab.NETWORK,
        "start": lab.START,
        "seed": lab.SEED,
        "letters": lab.LETTERS,
        "most": lab.MOST,
        "temperature": 1,
    }
    write_json(folder / "lab.json", setup)
    top = lab.best(lab.logits(model, lab.START), 1.0)
    _write_picture(folder / "fallback.png", top)
    listed = ", ".join(f"{lab.spoken(letter)} {lab.percent(p)}" for letter, p in top)
    rows = []
    for prefix in _PREFIXES:
        guesses = lab.best(lab.logits(model, prefix), 1.0)[:4]
        said = [f"{lab.drawn(letter)} ({lab.percent(p)})" for letter, p in guesses]
        rows.append([f"“{prefix}”" if prefix else "nothing yet", *said])
    table = {
        "title": "What the network expects after a few beginnings",
        "head": ["after", "first guess", "second", "third", "fourth"],
        "rows": rows,
    }
    alt = f"Bar chart of the letters that the network expects after “{lab.START}”: {listed}."
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


def _write_picture(path: Path, top: list[tuple[str, float]]) -> None:
    with plt.rc_context():
        figures.use_look()
        figure, ax = plt.subplots(figsize=(6.2, 2.6))
        letters = [{" ": "space", "\n": "new line"}.get(letter, letter) for letter, _ in top]
        ax.barh(letters[::-1], [p for _, p in top][::-1])
        ax.set(xlabel=f"probability of the next letter after “{lab.START}”", xlim=(0, 1))
        figure.savefig(path, dpi=200)
        plt.close(figure)
