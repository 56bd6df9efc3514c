"""The picture of a graph shows every array, each below its sources, and its gradient."""

import matplotlib.pyplot as plt
import pytest

from sdl_lib.autodiff import Array, graph
from sdl_lib.graph_figure import draw_graph, positions


def example():
    w, x, b = (Array(v, name=n) for n, v in (("w", 3.0), ("x", 2.0), ("b", -4.0)))
    gap = x + (w * x + b).relu()
    return gap * gap


def test_every_array_stands_below_its_sources_and_apart():
    nodes = graph(example())
    place = positions(nodes)
    assert len(place) == len(set(place.values())) == len(nodes)
    for node in nodes:
        for source, _ in node.sources:
            assert place[source.serial][1] > place[node.serial][1]
    assert place[nodes[-1].serial][1] == 0


def test_values_and_gradients_stand_in_the_boxes():
    output = example()
    output.backward()
    figure = draw_graph(output)
    words = {line for text in figure.axes[0].texts for line in text.get_text().split("\n")}
    assert {"w", "x", "b", "×", "+", "relu"} <= words
    assert {"3", "2", "−4", "16", "∂ 1", "∂ 8", "∂ 32", "∂ 16"} <= words
    plt.close(figure)


def test_arrays_are_shown_by_shape_and_norm():
    output = (Array([[3.0, 4.0]]) * 1.0).sum()
    figure = draw_graph(output, show_gradients=False)
    words = {line for text in figure.axes[0].texts for line in text.get_text().split("\n")}
    assert "1×2, norm 5" in words
    assert "constant" in words
    assert not any(word.startswith("∂") for word in words)
    plt.close(figure)


def test_gradients_that_are_not_there_are_missed():
    with pytest.raises(ValueError, match=r"^output: has no gradients"):
        draw_graph(example())
