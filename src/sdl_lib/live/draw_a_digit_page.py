"""What the lab *draw a digit* needs in a page: networks, samples, and what stands in for it."""

from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from sdl_lib import figures, models
from sdl_lib.data import mnist10k
from sdl_lib.live import draw_a_digit as lab
from sdl_lib.live.export import export, write_json

_TABLE_EPS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


def write(folder: Path) -> None:
    """Write the networks, the samples, and the picture and table that stand in for the lab."""
    networks = {name: models.load(file) for name, file in lab.NETWORKS.items()}
    x, y = mnist10k("test")
    rows = lab.sample_rows()
    for name, file in lab.NETWORKS.items():
        export(networks[name], folder, file, shape=(1, 28, 28))
    bytes_ = (255 * x[rows]).round().to(torch.uint8)
    (folder / "samples.bin").write_bytes(bytes_.numpy().tobytes())
    setup = {
        "networks": [{"name": name, "id": file} for name, file in lab.NETWORKS.items()],
        "samples": [{"index": row, "label": int(y[row])} for row in rows],
        "start": {"sample": lab.START_DIGIT, "eps": lab.START_EPS},
        "seed": lab.SEED,
    }
    write_json(folder / "lab.json", setup)
    start = rows[lab.START_DIGIT]
    _write_fallback(folder, networks, x[start : start + 1], int(y[start]))


def _write_fallback(folder: Path, networks: dict[str, nn.Module], x: Tensor, label: int) -> None:
    """The picture and the table that a reader without JavaScript sees, with the words for both."""
    name, other = lab.NETWORKS
    model = networks[name]

    def changed(kind: str, eps: float) -> Tensor:
        return lab.disturb(model, x, label, kind=kind, eps=eps, target=lab.NO_TARGET, seed=lab.SEED)

    pictures = [x, changed("fgsm", lab.START_EPS), changed("noise", lab.START_EPS)]
    answers = [lab.ask(model, picture) for picture in pictures]
    _write_picture(folder / "fallback.png", name, pictures, answers)
    size = f"{lab.START_EPS:.2f}"
    alt = (
        f"Four pictures of 28 by 28 pixels. First, a handwritten {label}, which {name} reads as "
        f"{answers[0]}. Second, the change of one FGSM step: each pixel at most {size} darker, "
        f"drawn blue, or lighter, drawn orange. Third, the digit with this change, which {name} "
        f"reads as {answers[1]}. Fourth, the digit with random signs of the same size, which "
        f"{name} reads as {answers[2]}."
    )
    rows = []
    for eps in _TABLE_EPS:
        attacked, noisy = changed("fgsm", eps), changed("noise", eps)
        said = (lab.ask(model, attacked), lab.ask(networks[other], attacked), lab.ask(model, noisy))
        rows.append([f"{eps:.2f}", *(f"{a.digit} ({lab.percent(a.probability)})" for a in said)])
    table = {
        "title": f"What the networks read in this {label}, by the size ε of the change",
        "head": ["ε", f"{name}, attacked", f"{other}, same picture", f"{name}, random signs"],
        "rows": rows,
    }
    write_json(folder / "fallback.json", {"alt": alt, "table": table})


def _write_picture(
    path: Path, name: str, pictures: list[Tensor], answers: list[lab.Answer]
) -> None:
    x, attacked, noisy = pictures
    said = [f"{name}: {a.digit}\n{lab.percent(a.probability)}" for a in answers]
    size = f"{lab.START_EPS:.2f}"
    tiles = [
        (x, 0, "gray", f"the digit\n{said[0]}"),
        (
            (attacked - x) / lab.START_EPS,
            -1,
            lab.CHANGE,
            f"FGSM, at most {size}\nblue: darker\norange: lighter",
        ),
        (attacked, 0, "gray", f"the two together\n{said[1]}"),
        (noisy, 0, "gray", f"random signs, {size}\n{said[2]}"),
    ]
    with plt.rc_context():
        figures.use_look()
        figure, axes = plt.subplots(1, len(tiles), figsize=(6.2, 2.1))
        for ax, (picture, low, cmap, title) in zip(axes, tiles, strict=True):
            ax.imshow(picture[0, 0].numpy(), vmin=low, vmax=1, cmap=cmap, interpolation="nearest")
            ax.set_title(title, fontsize="small")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        figure.savefig(path, dpi=200)
        plt.close(figure)
