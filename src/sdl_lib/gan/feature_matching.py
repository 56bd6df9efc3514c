"""Feature matching: the generator meets the mean features of the data, not a verdict."""

from torch import Tensor, nn

from sdl_lib import validate


def feature_matching(
    discriminator: nn.Sequential, real: Tensor, fake: Tensor, *, depth: int
) -> Tensor:
    r"""The generator's loss :math:`\lVert\mathbb E f(x)-\mathbb E f(G(z))\rVert_2^2`.

    Parameters
    ----------
    discriminator : a sequence of layers, of which f is the first ``depth``
    real, fake : Tensor, shape (n, ...) and (m, ...)
    depth : from 0, the examples themselves, to the number of layers

    Raises
    ------
    ValueError : for a depth that the network has not, or values that are not finite.

    References
    ----------
    Salimans et al. (2016). Explained in :doc:`/book/security/gans-in-practice`.
    """
    validate.finite_batch(real, "real")
    validate.finite_batch(fake, "fake")
    validate.count(depth, "depth", least=0)
    if depth > len(discriminator):
        raise ValueError(f"depth: expected at most {len(discriminator)} layers, found {depth}")
    features = discriminator[:depth]
    gap: Tensor = features(real).mean(dim=0) - features(fake).mean(dim=0)
    return gap.square().sum()
