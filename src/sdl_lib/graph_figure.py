"""The graph of a computation as a picture, with values and gradients on it."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from sdl_lib.autodiff import Array, Numbers, graph
from sdl_lib.figures import PALETTE


def draw_graph(
    output: Array, *, size: tuple[float, float] = (4.2, 6.0), show_gradients: bool = True
) -> Figure:
    """Draw the arrays that ``output`` was computed from: inputs above, ``output`` at the foot.

    A box names its array or its operation and shows the value and, below it, the gradient.

    Parameters
    ----------
    output : the last array; call its ``backward()`` first to see gradients
    size : width and height of the figure in inches
    show_gradients : False leaves the forward pass alone

    Returns
    -------
    Figure : not yet shown; a notebook shows it when the cell ends.

    Raises
    ------
    ValueError : if gradients are asked for and ``backward()`` was not called.

    References
    ----------
    Explained in :doc:`/book/fundamentals/networks-and-backpropagation`.
    """
    nodes = graph(output)
    if show_gradients and output.grad is None:
        raise ValueError("output: has no gradients; call output.backward() first")
    place = positions(nodes)
    figure, ax = plt.subplots(figsize=size)
    across, down = zip(*place.values(), strict=True)
    ax.set_xlim(min(across) - 0.5, max(across) + 0.5)
    ax.set_ylim(min(down) - 0.5, max(down) + 0.5)
    ax.set_axis_off()
    inch = (max(across) - min(across) + 1) / size[0]  # in columns
    boxes = {
        node.serial: _box(ax, node, place[node.serial], inch, show_gradients) for node in nodes
    }
    for node in nodes:
        sources = [source.serial for source, _ in node.sources]
        twice = len(set(sources)) < len(sources)  # both arrows are to be seen
        for serial, side in zip(sources, (1, -1), strict=False):
            rows = place[serial][1] - place[node.serial][1]
            bend = 0.5 * side if twice else 0.0 if rows == 1 else 0.12 * side
            _arrow(ax, boxes[serial], boxes[node.serial], bend)  # a long one goes round the outside
    return figure


def positions(nodes: list[Array]) -> dict[int, tuple[float, float]]:
    """Where to put each array, by its serial number: (column, row), the last one in row 0.

    A row is the longest way to the output; the inputs stand side by side in the order in which
    a walk back from the output meets them, and a result stands below the middle of its sources.
    """
    row = {nodes[-1].serial: 0}
    for node in reversed(nodes):
        for source, _ in node.sources:
            row[source.serial] = max(row.get(source.serial, 0), row[node.serial] + 1)
    column: dict[int, float] = {}
    inputs = [node for node in _walk(nodes[-1]) if not node.sources]
    for number, node in enumerate(inputs):
        column[node.serial] = float(number)
    for node in nodes:
        if node.sources:
            column[node.serial] = float(np.mean([column[s.serial] for s, _ in node.sources]))
    return {serial: (column[serial], float(row[serial])) for serial in row}


def _walk(output: Array) -> list[Array]:
    """Every array once, sources from left to right, without recursion."""
    found: dict[int, Array] = {}
    waiting = [output]
    while waiting:
        node = waiting.pop()
        if node.serial not in found:
            found[node.serial] = node
            waiting.extend(source for source, _ in reversed(node.sources))
    return list(found.values())


def _arrow(ax: Axes, start: FancyBboxPatch, end: FancyBboxPatch, bend: float) -> None:
    """An arrow from the middle of one box to that of another, seen between the two."""
    middles = [
        (p.get_x() + p.get_width() / 2, p.get_y() + p.get_height() / 2) for p in (start, end)
    ]
    arrow = FancyArrowPatch(
        *middles, patchA=start, patchB=end, shrinkA=0, shrinkB=1, arrowstyle="-|>",
        mutation_scale=12, connectionstyle=f"arc3,rad={bend}", color="#777777", zorder=1,
    )  # fmt: skip
    ax.add_patch(arrow)


def _box(
    ax: Axes, node: Array, place: tuple[float, float], inch: float, show_gradients: bool
) -> FancyBboxPatch:
    x, y = place
    lines = [(node.name or node.op or "constant", "black"), (_shown(node.data), PALETTE[0])]
    if show_gradients and node.grad is not None:
        lines.append((f"∂ {_shown(node.grad)}", PALETTE[1]))
    half = (0.1 + 0.045 * max(len(text) for text, _ in lines)) * inch
    box = FancyBboxPatch(
        (x - half, y - 0.35), 2 * half, 0.7, boxstyle="round,pad=0,rounding_size=0.06",
        facecolor="white", edgecolor="#777777" if node.sources else PALETTE[0],
        linewidth=1 if node.sources else 2, zorder=2,
    )  # fmt: skip
    ax.add_patch(box)
    for number, (text, colour) in enumerate(lines):
        height = y + 0.32 - 0.64 * (number + 0.5) / len(lines)
        weight = "bold" if number == 0 else "normal"
        ax.text(x, height, text, color=colour, ha="center", va="center", fontweight=weight)
    return box


def _shown(numbers: Numbers) -> str:
    """One number as it is, an array by its shape and length."""
    if numbers.size == 1:
        return f"{numbers.item():.3g}".replace("-", "−")
    return f"{'×'.join(map(str, numbers.shape))}, norm {np.linalg.norm(numbers):.2g}"
