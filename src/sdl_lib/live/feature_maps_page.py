"""What the lab *feature maps* needs in a page: network, samples, and what stands in for it."""

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.colors import to_hex
from torch import Tensor

from sdl_lib import figures, models
from sdl_lib.data import mnist10k
from sdl_lib.live import feature_maps as lab
from sdl_lib.live.draw_a_digit import ask, sample_rows
from sdl_lib.live.export import export, write_json

_DIGITS = 10  # one sample of each class
_STOPS = 33  # of the scale of colours; the page interpolates


def write(folder: Path) -> None:
    """Write the network, the samples, and the picture and table that stand in for the lab."""
    model = models.load(lab.FILE)
    assert isinstance(model, models.LeNet5)
    x, y = mnist10k("test")
    rows = sample_rows()[:_DIGITS]
    export(model, folder, lab.FILE, shape=(1, 28, 28))
    bytes_ = (255 * x[rows]).round().to(torch.uint8)
    (folder / "samples.bin").write_bytes(bytes_.numpy().tobytes())
    start = x[rows[lab.START_DIGIT]][None]
    scale = plt.get_cmap(lab.COLOURS)
    unit = lab.strongest(model, start, lab.START_LAYER)
    setup = {
        "network": {"name": lab.NAME, "id": lab.FILE},
        "samples": [{"index": row, "label": int(y[row])} for row in rows],
        "layers": [_layer(model, start, name) for name in lab.LAYERS],
        "colours": [to_hex(scale(i / (_STOPS - 1))) for i in range(_STOPS)],
        "start": {"sample": lab.START_DIGIT, "layer": list(lab.LAYERS).index(unit.layer)},
    }
    write_json(folder / "lab.json", setup)
    _write_fallback(folder, model, start, unit)


def _layer(model: models.LeNet5, x: Tensor, name: str) -> dict[str, Any]:
    shape = list(lab.activities(model, x, name).shape)
    field = lab.fields()[name]
    return {"name": name, "index": lab.LAYERS[name], "shape": shape, **field._asdict()}


def _write_fallback(folder: Path, model: models.LeNet5, x: Tensor, unit: lab.Unit) -> None:
    """The picture and the table that a reader without JavaScript sees, with the words for both."""
    maps = {name: lab.activities(model, x, name) for name in lab.LAYERS}
    value = float(maps[unit.layer][unit.map, unit.row, unit.column])
    with plt.rc_context():
        figures.use_look()
        figure = lab.draw_field(x, lab.gradient(model, x, unit), unit)
        figure.savefig(folder / "fallback.png", dpi=200)
        plt.close(figure)
    said = lab.sentence(ask(model, x), unit, value)
    alt = (
        f"Three pictures. First, a handwritten {lab.START_DIGIT} of 28 by 28 pixels, with an "
        f"orange frame around what one unit sees. Second, this part alone. Third, the pixels of "
        f"the part, orange where a lighter pixel would raise the unit and blue where a darker one "
        f"would. {said}"
    )
    table = {
        "title": f"{lab.NAME} on this {lab.START_DIGIT}, layer by layer",
        "head": ["layer", "maps", "units that are active", "strongest value", "one unit sees"],
        "rows": [_row(name, maps[name]) for name in lab.LAYERS],
    }
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


def _row(name: str, maps: Tensor) -> list[str]:
    count, height, width = maps.shape
    size = lab.fields()[name].size
    active = float((maps > 0).float().mean())
    return [
        name,
        f"{count} of {height} × {width}",
        f"{active:.0%}",
        f"{float(maps.max()):.2f}",
        f"{size} × {size} pixels",
    ]
