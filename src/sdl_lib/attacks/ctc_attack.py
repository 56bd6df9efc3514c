"""Speech that a machine reads as another text: the attack of Carlini and Wagner on CTC."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.sequences.ctc import greedy_decode

# by what the weight of the transcript grows at each step that does not reach it
_GROWTH = 1.02


class Whisper(NamedTuple):
    """What :func:`ctc_attack` found."""

    x_adv: Tensor
    success: Tensor
    snr: Tensor


def ctc_attack(
    model: nn.Module,
    waveform: Tensor,
    target: Sequence[Sequence[int]],
    *,
    steps: int = 200,
    eps: float = 0.05,
    shrink: float = 0.9,
    c: float = 0.05,
    lr: float = 1e-3,
    blank: int = 0,
) -> Whisper:
    r"""Minimise :math:`\|\delta\|^2 + c\,\mathrm{CTC}(x+\delta, t)` by Adam, within a radius.

    Whenever the model writes the target, that waveform's radius in the max norm shrinks, and so
    does its weight c, which otherwise grows by 2% a step. The quietest success met is returned.

    Parameters
    ----------
    model : maps waveforms to log-probabilities (n, frames, symbols), in evaluation mode
    waveform : Tensor, shape (n, samples), values in [-1, 1]
    target : for each waveform the symbols that are to be written, without blanks
    steps : of Adam; ``lr`` : its rate, in units of the waveform
    eps : the first radius; ``shrink`` : by what radius and weight are multiplied at a success
    c : the first weight of the transcript's loss; ``blank`` : the symbol that says nothing

    Returns
    -------
    x_adv : Tensor, as ``waveform``, in [-1, 1] and within ``eps``; a row that failed is unchanged
    success : BoolTensor, shape (n,): the likeliest path spells the target
    snr : Tensor, shape (n,): power of the waveform over that of the change, in decibels; infinite
        where nothing was changed

    Raises
    ------
    ValueError : if a waveform leaves [-1, 1], a target cannot be spelt in the model's frames, the
        model is in training mode, or a setting is out of range.

    References
    ----------
    Carlini & Wagner (2018). Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    _check(model, waveform, target, steps, eps, shrink, c, lr)
    x = waveform.detach()
    symbols = torch.tensor([s for t in target for s in t], dtype=torch.int64, device=x.device)
    sizes = torch.tensor([len(t) for t in target])
    delta = torch.zeros_like(x)
    adam = torch.optim.Adam([delta], lr=lr)
    radius, weight = (torch.full((len(x), 1), v).to(x) for v in (eps, c))
    best, quietest = x.clone(), torch.full((len(x),), torch.inf).to(x)
    for step in range(steps + 1 if len(x) else 0):
        x_adv = (x + delta).clamp_(-1, 1).requires_grad_()
        with torch.enable_grad():
            log_probs = model(x_adv)
            if step == 0:
                _check_frames(log_probs, target, blank)
            loss = _ctc(log_probs, symbols, sizes, blank)
        change = x_adv.detach() - x
        power = change.square().sum(1)
        reached = _spells(log_probs.detach(), target, blank)
        hit = reached & (power < quietest)
        best[hit], quietest = x_adv.detach()[hit], torch.where(hit, power, quietest)
        shrunk = shrink * torch.minimum(radius, change.abs().amax(1, keepdim=True))
        radius = torch.where(hit[:, None], shrunk, radius)
        weight = weight * torch.where(reached[:, None], shrink, _GROWTH)
        if step == steps:
            break
        (gradient,) = torch.autograd.grad(loss, x_adv)
        delta.grad = 2 * change + weight * gradient
        adam.step()
        delta.clamp_(-radius, radius)
    return _settle(model, x, best, target, blank)


def signal_to_noise(waveform: Tensor, x_adv: Tensor) -> Tensor:
    r"""Decibels :math:`10\log_{10}\|x\|^2/\|x'-x\|^2`, shape (n,); infinite without a change.

    Raises
    ------
    ValueError : if the shapes differ or are not (n, samples).

    References
    ----------
    Explained in :doc:`/book/security/physical-audio-and-medical`.
    """
    if waveform.ndim != 2 or waveform.shape != x_adv.shape:
        raise ValueError(
            f"x_adv: expected shape {tuple(waveform.shape)} of (n, samples), "
            f"found {tuple(x_adv.shape)}"
        )
    change = (x_adv - waveform).square().sum(1)
    return 10 * (waveform.square().sum(1) / change).log10()


def _ctc(log_probs: Tensor, symbols: Tensor, sizes: Tensor, blank: int) -> Tensor:
    """Summed over the waveforms, so that none depends on its neighbours."""
    frames = torch.full((len(log_probs),), log_probs.shape[1])
    return nn.functional.ctc_loss(
        log_probs.transpose(0, 1), symbols, frames, sizes, blank=blank, reduction="sum"
    )


def _spells(log_probs: Tensor, target: Sequence[Sequence[int]], blank: int) -> Tensor:
    """Whose likeliest path is the target; shape (n,), bool."""
    found = [greedy_decode(row, blank=blank) for row in log_probs]
    same = [f == tuple(t) for f, t in zip(found, target, strict=True)]
    return torch.tensor(same, dtype=torch.bool, device=log_probs.device)


def _settle(
    model: nn.Module, x: Tensor, x_adv: Tensor, target: Sequence[Sequence[int]], blank: int
) -> Whisper:
    """Ask the model once more, and put back the original of every failure."""
    if len(x) == 0:
        return Whisper(x.clone(), torch.zeros(0, dtype=torch.bool), torch.zeros(0))
    with torch.no_grad():
        success = _spells(model(x_adv), target, blank)
    x_adv = torch.where(success[:, None], x_adv, x)
    return Whisper(x_adv, success, signal_to_noise(x, x_adv))


def _check(
    model: nn.Module,
    waveform: Tensor,
    target: Sequence[Sequence[int]],
    steps: int,
    eps: float,
    shrink: float,
    c: float,
    lr: float,
) -> None:
    validate.eval_mode(model)
    validate.finite_batch(waveform, "waveform")
    if waveform.ndim != 2 or (waveform.numel() and float(waveform.detach().abs().max()) > 1):
        raise ValueError(
            "waveform: expected shape (n, samples) with values in [-1, 1], found "
            f"shape {tuple(waveform.shape)}, largest {float(waveform.detach().abs().max()):.4g}"
        )
    if len(target) != len(waveform):
        raise ValueError(f"target: expected {len(waveform)} texts, found {len(target)}")
    validate.count(steps, "steps")
    for value, name in ((eps, "eps"), (c, "c"), (lr, "lr")):
        validate.radius(value, name)
    if not 0 < shrink < 1:
        raise ValueError(f"shrink: expected a number between 0 and 1, found {shrink}")


def _check_frames(log_probs: Tensor, target: Sequence[Sequence[int]], blank: int) -> None:
    """A symbol takes a frame, and a blank must stand between two that are alike."""
    frames, classes = log_probs.shape[1:]
    for text in target:
        needed = len(text) + sum(a == b for a, b in pairwise(text))
        if not text or needed > frames:
            raise ValueError(
                f"target: expected 1 to {frames} frames, found a text of {needed}: {list(text)}"
            )
        if any(not 0 <= s < classes or s == blank for s in text):
            raise ValueError(
                f"target: expected symbols from 0 to {classes - 1} without the blank {blank}, "
                f"found {list(text)}"
            )
