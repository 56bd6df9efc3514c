"""One look for all plots, and pictures drawn as they are."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from sdl_lib import figures


@pytest.fixture(autouse=True)
def style():
    """Each test begins with matplotlib's own style and leaves no figure behind."""
    with mpl.rc_context():
        mpl.use("agg")
        yield
        plt.close("all")


def drawn(ax):
    """The array of the picture in ``ax``."""
    (image,) = ax.get_images()
    return np.asarray(image.get_array())


def test_the_look():
    figures.use_look()
    assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == list(figures.PALETTE)
    assert plt.rcParams["figure.facecolor"] == "white"
    assert not plt.rcParams["axes.spines.top"]


def luminance(colour):
    """Relative luminance as in WCAG 2."""
    rgb = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_the_colours_differ_in_what_every_eye_sees():
    # colours that differ in brightness or in blue survive the loss of the red-green channel
    colours = [mpl.colors.to_rgb(c) for c in figures.PALETTE]
    for i, one in enumerate(colours):
        for other in colours[:i]:
            gap = abs(luminance(one) - luminance(other)) + abs(one[2] - other[2])
            assert gap > 0.15
    assert len(set(colours)) == len(colours)


def test_a_grid_of_pictures():
    pictures = torch.rand(5, 1, 4, 6)
    figure = figures.show_images(pictures, [f"no. {i}" for i in range(5)], columns=3)
    axes = figure.axes
    assert len(axes) == 6
    assert [ax.get_title() for ax in axes] == ["no. 0", "no. 1", "no. 2", "no. 3", "no. 4", ""]
    for ax, picture in zip(axes, pictures, strict=False):
        np.testing.assert_array_equal(drawn(ax), picture[0].numpy())
        assert ax.get_images()[0].get_clim() == (0, 1)
    assert not any(ax.axison for ax in axes)
    assert not axes[5].get_images()


def test_one_row_by_default_and_at_most_eight_in_it():
    def layout(n):
        figure = figures.show_images(torch.rand(n, 1, 2, 2))
        return figure.axes[0].get_gridspec().get_geometry()

    assert layout(3) == (1, 3)
    assert layout(9) == (2, 8)


def test_colour_and_range():
    picture = torch.tensor([-1.0, 0.0, 3.0]).view(3, 1, 1).expand(3, 2, 2)
    figure = figures.show_images([picture.requires_grad_()], low=-1, high=1)
    np.testing.assert_allclose(drawn(figure.axes[0])[0, 0], [0, 0.5, 1])
    figure = figures.show_images([picture[:1].detach()], low=-1, high=1, cmap="RdBu")
    image = figure.axes[0].get_images()[0]
    assert image.get_clim() == (-1, 1)
    assert image.get_cmap().name == "RdBu"
    assert image.get_interpolation() == "nearest"


def test_titles_of_two_lines_get_room():
    one = figures.show_images(torch.rand(2, 1, 2, 2), ["a", "b"])
    two = figures.show_images(torch.rand(2, 1, 2, 2), ["a\nb", "b"])
    assert two.get_figheight() > one.get_figheight()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match=r"^images: .*found none"):
        figures.show_images([])
    with pytest.raises(ValueError, match=r"^titles: expected 2, found 1"):
        figures.show_images(torch.rand(2, 1, 3, 3), ["one"])
    for shape in ((3, 3), (2, 3, 3), (1, 1, 3, 3)):
        with pytest.raises(ValueError, match=r"^picture: expected shape"):
            figures.show_images([torch.rand(shape)])
