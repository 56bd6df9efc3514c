"""How much of a picture lies at each spatial frequency, and a detector that listens to it."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from sdl_lib import validate

_FLOOR = 1e-3  # below this a ring counts as empty: no logarithm of rounding errors


def radial_power(x: Tensor) -> Tensor:
    r"""The power spectrum, averaged around the circle: one number for each spatial frequency.

    Ring :math:`k` holds the frequencies :math:`(u, v)` whose length rounds to :math:`k`, in waves
    a picture, and its value is the mean of :math:`|\hat x(u, v)|^2` there. The corners beyond the
    last whole ring are left out.

    Parameters
    ----------
    x : Tensor, shape (n, c, h, h), finite; channels are averaged first

    Returns
    -------
    Tensor, shape (n, h // 2 + 1), float64

    Raises
    ------
    ValueError : if the pictures are not square, or a value is not finite.

    References
    ----------
    Durall et al. (2020). Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    rings = _rings(x)
    power = torch.fft.fft2(x.detach().double().mean(1)).abs().square()
    top = x.shape[-1] // 2
    return torch.stack([power[:, rings == k].mean(1) for k in range(top + 1)], 1)


def match_spectrum(x: Tensor, power: Tensor) -> Tensor:
    """The pictures ``x`` with the power of each ring brought to ``power``; phases stay.

    A forger's reply to a detector of spectra. The mean, which is ring 0, and the corners stay as
    they are, and nothing is clipped: that is for the caller, and disturbs the match.

    Parameters
    ----------
    x : Tensor, shape (n, 1, h, h), finite
    power : Tensor, shape (n, h // 2 + 1), as :func:`radial_power` gives it, not negative

    Raises
    ------
    ValueError : if a shape does not fit, or ``power`` is negative somewhere.

    References
    ----------
    Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    rings, top = _rings(x), x.shape[-1] // 2
    validate.finite_batch(power, "power")
    if x.shape[1] != 1:
        raise ValueError(f"x: expected one channel, found {x.shape[1]}")
    if power.shape != (len(x), top + 1) or bool((power < 0).any()):
        raise ValueError(f"power: expected shape {(len(x), top + 1)} and no negative values")
    gain = (power / radial_power(x).clamp(min=1e-12)).sqrt()
    gain[:, 0] = 1
    gain = torch.cat([gain, torch.ones_like(gain[:, :1])], 1)  # for the corners
    changed = torch.fft.fft2(x.double()[:, 0]) * gain[:, rings.clamp(max=top + 1)]
    matched: Tensor = torch.fft.ifft2(changed).real.unsqueeze(1).to(x.dtype)
    return matched


class SpectralDetector(NamedTuple):
    """A logistic regression on the logarithm of :func:`radial_power`; high scores say "fake"."""

    centre: Tensor
    weight: Tensor
    bias: float
    develop: bool

    def scores(self, x: Tensor) -> Tensor:
        """Log-odds (n,) that the pictures ``x``, shape (n, c, h, h) in [0, 1], are generated."""
        scores: Tensor = (_features(x, self.develop) - self.centre) @ self.weight + self.bias
        return scores


def fit_spectral_detector(
    real: Tensor, fake: Tensor, *, develop: bool = True, strength: float = 1.0
) -> SpectralDetector:
    r"""Learn to tell generated pictures from real ones by their spectra.

    Parameters
    ----------
    real, fake : Tensor, shape (n, c, h, h) and (m, c, h, h), values in [0, 1]
    develop : take the spectrum of :math:`\log(x + 1/255)`, in which the shadows stand out as a
        photographer's developer would bring them out; otherwise that of :math:`x`
    strength : inverse of the L2 penalty on the weights of the standardised features

    Raises
    ------
    ValueError : if there are fewer than two pictures of a kind, or their shapes differ.

    References
    ----------
    Durall et al. (2020). Explained in :doc:`/book/security/deepfakes-and-forgery`.
    """
    for x, name in ((real, "real"), (fake, "fake")):
        validate.images(x, name)
        if len(x) < 2:
            raise ValueError(f"{name}: expected at least two pictures, found {len(x)}")
    if real.shape[1:] != fake.shape[1:]:
        wanted, found = tuple(real.shape[1:]), tuple(fake.shape[1:])
        raise ValueError(f"fake: expected pictures of shape {wanted}, found {found}")
    if not strength > 0:
        raise ValueError(f"strength: expected a number over 0, found {strength}")
    rows = torch.cat([_features(real, develop), _features(fake, develop)])
    centre, spread = rows.mean(0), rows.std(0).clamp(min=1e-9)
    fitted = LogisticRegression(C=strength, max_iter=500).fit(
        ((rows - centre) / spread).numpy(), np.arange(len(rows)) >= len(real)
    )
    weight = torch.from_numpy(fitted.coef_[0]) / spread
    return SpectralDetector(centre, weight, float(fitted.intercept_[0]), develop)


def _features(x: Tensor, develop: bool) -> Tensor:
    validate.images(x)
    return (radial_power((x + 1 / 255).log() if develop else x) + _FLOOR).log10()


def _rings(x: Tensor) -> Tensor:
    """For each frequency of a square picture, in the order of the transform, its ring."""
    validate.finite_batch(x)
    if x.ndim != 4 or x.shape[2] != x.shape[3] or x.shape[2] < 2:
        raise ValueError(f"x: expected square pictures (n, c, h, h), found {tuple(x.shape)}")
    h = x.shape[2]
    waves = torch.fft.fftfreq(h, 1 / h, dtype=torch.float64)
    rings: Tensor = (waves[:, None].square() + waves.square()).sqrt().round().long()
    return rings
