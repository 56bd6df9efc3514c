"""The picture that a channel likes best: activation maximisation."""

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.representations import _parts, pooled


def maximise(
    model: nn.Module,
    *,
    at: str,
    channel: int | None = None,
    direction: Tensor | None = None,
    size: int = 96,
    steps: int = 60,
    lr: float = 0.05,
    shift: int = 4,
    smoothness: float = 1.0,
    generator: torch.Generator,
) -> Tensor:
    r"""Climb the mean activation of a channel, or along a direction, from faint noise.

    The picture is :math:`\sigma(F^{-1}(\hat u / f^{\,s}))`: what Adam moves are amplitudes of
    waves, and fine waves (high frequency f) are damped, as they are in photographs. Each step
    shows the model a randomly shifted copy, so that no single pixel can matter much.

    Parameters
    ----------
    model : in evaluation mode, for pictures of shape (n, 3, h, w) in [0, 1]; not changed
    at, channel : a part of the model, and a channel of its output (n, c, h, w) or (n, c)
    direction : Tensor, shape (c,), in place of a channel: how much of each channel is wanted
    size, steps, lr : pixels a side; steps of Adam and their size
    shift : largest shift, in pixels
    smoothness : the power s; 0 leaves all waves alike
    generator : the source of the starting noise and of the shifts

    Returns
    -------
    Tensor, shape (1, 3, size, size), values in (0, 1).

    Raises
    ------
    ValueError : if a name or number is out of range, not exactly one of ``channel`` and
        ``direction`` is given, or the model is in training mode.

    References
    ----------
    Erhan et al. (2009); Olah, Mordvintsev & Schubert (2017). Explained in
    :doc:`/book/fundamentals/representations-and-transfer` and, for directions, in
    :doc:`/book/explanation/concepts-and-mechanisms`.
    """
    validate.eval_mode(model)
    part = _parts(model, [at])[at]
    for number, name, least in ((size, "size", 2), (steps, "steps", 0), (shift, "shift", 0)):
        validate.count(number, name, least=least)
    wanted = channel if direction is None else direction
    if wanted is None or (channel is not None and direction is not None):
        raise ValueError("channel: expected either a channel or a direction")
    validate.radius(lr, "lr")
    validate.radius(smoothness, "smoothness")
    damping = _damping(size, smoothness)
    waves = 0.01 * torch.randn(1, 3, size, size // 2 + 1, 2, generator=generator)
    waves.requires_grad_()
    optimiser = torch.optim.Adam([waves], lr=lr)
    for _ in range(steps):
        moves = torch.randint(-shift, shift + 1, (2,), generator=generator).tolist()
        shown = _picture(waves, damping, size).roll(moves, dims=(2, 3))
        liked = channel_mean(model, part, shown, wanted)
        (gradient,) = torch.autograd.grad(-liked.sum(), waves)
        waves.grad = gradient
        optimiser.step()
    return _picture(waves, damping, size).detach()


def channel_mean(model: nn.Module, part: nn.Module, x: Tensor, channel: int | Tensor) -> Tensor:
    """Mean activation, shape (n,), of one channel of ``part``; carries a gradient to ``x``.

    In place of a channel, a direction of shape (c,) gives the mean along it.
    """
    outputs: list[Tensor] = []
    hook = part.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    try:
        model(x)
    finally:
        hook.remove()
    channels = outputs[0].shape[1]
    if isinstance(channel, Tensor):
        if channel.shape != (channels,):
            found = tuple(channel.shape)
            raise ValueError(f"direction: expected shape ({channels},), found {found}")
        return pooled(outputs[0]) @ channel.to(outputs[0].dtype)
    if not 0 <= channel < channels:
        raise ValueError(f"channel: expected a number from 0 to {channels - 1}, found {channel}")
    return pooled(outputs[0])[:, channel]


def _damping(size: int, smoothness: float) -> Tensor:
    """1 / frequency ** smoothness of each wave; the lowest counts as one wave a picture."""
    rows = torch.fft.fftfreq(size)[:, None]
    columns = torch.fft.rfftfreq(size)[None, :]
    frequency = (rows**2 + columns**2).sqrt().clamp(min=1 / size)
    damping: Tensor = (
        frequency**-smoothness / 4
    )  # a quarter: so that the first steps do not saturate
    return damping


def _picture(waves: Tensor, damping: Tensor, size: int) -> Tensor:
    spectrum = torch.view_as_complex(waves) * damping
    picture: Tensor = torch.fft.irfft2(spectrum, s=(size, size), norm="ortho").sigmoid()
    return picture
