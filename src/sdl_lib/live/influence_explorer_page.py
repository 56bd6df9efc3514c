"""What the lab *influence explorer* needs in a page: network, digits, and what stands in for it."""

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from sdl_lib import figures, models
from sdl_lib.attribution import INPUT
from sdl_lib.data import mnist10k
from sdl_lib.live import influence_explorer as lab
from sdl_lib.live.draw_a_digit import sample_rows
from sdl_lib.live.export import export

_DIGITS = 10  # one sample of each class


def write(folder: Path) -> None:
    """Write the network, the digits, the noise, and the picture and table that stand in."""
    model = models.load(lab.FILE)
    assert isinstance(model, models.LeNet5)
    x, y = mnist10k("test")
    rows = sample_rows()[:_DIGITS]
    export(model, folder, lab.FILE, shape=(1, 28, 28))
    shown = torch.cat([x[rows], lab.gallery()])  # the samples, then the distribution of the data
    (folder / "digits.bin").write_bytes((255 * shown).round().to(torch.uint8).numpy().tobytes())
    (folder / "noise.bin").write_bytes(lab.noise().numpy().astype("<f4").tobytes())
    start = lab.Question()
    setup = {
        "network": {"name": lab.NAME, "id": lab.FILE},
        "samples": [{"index": row, "label": int(y[row])} for row in rows],
        "slices": [_slice(model, name) for name in lab.SLICES],
        "quantities": lab.QUANTITIES,
        "distributions": lab.DISTRIBUTIONS,
        "measures": list(lab.MEASURES),
        "settings": {"steps": lab.STEPS, "draws": lab.DRAWS, "sigma": lab.SIGMA, "each": lab.EACH},
        "start": start._asdict(),
    }
    (folder / "lab.json").write_text(json.dumps(setup), encoding="utf-8")
    _write_fallback(folder, model, x[rows[lab.START_DIGIT]][None], start)


def _slice(model: models.LeNet5, name: str) -> dict[str, Any]:
    part = lab.SLICES[name]
    layer = -1 if part == INPUT else int(part.split(".")[1])
    shape = model.layers[: layer + 1](torch.zeros(1, 1, 28, 28)).shape[1:]
    return {"name": name, "layer": layer, "shape": list(shape)}


def _write_fallback(folder: Path, model: models.LeNet5, x: Tensor, question: lab.Question) -> None:
    """The picture and the table that a reader without JavaScript sees, with the words for both."""
    chi = lab.explain(model, x, lab.START_DIGIT, question)
    with plt.rc_context():
        figures.use_look()
        figure = lab.draw(x, chi, question)
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    said = lab.sentence(question, lab.START_DIGIT, chi, 0.0)
    alt = (
        f"Left, a handwritten {lab.START_DIGIT}. Right, the sixteen maps of the second "
        f"convolution, orange where a higher value would raise the quantity and blue where it "
        f"would lower it, each with the sum of its influences. {said}"
    )
    ranked = chi.sum((1, 2)).sort(descending=True)
    head = ["rank", "map of conv 2", "influence"]
    rows = [
        [str(i + 1), str(int(ranked.indices[i]) + 1), lab._signed(ranked.values[i])]
        for i in (0, 1, 2, 3, 14, 15)
    ]
    title = f"{lab.NAME}: the maps that raise the score of {lab.START_DIGIT} most and least"
    table = {"title": title, "head": head, "rows": rows}
    text = json.dumps({"alt": alt, "table": table})
    (folder / "fallback.json").write_text(text, encoding="utf-8")
