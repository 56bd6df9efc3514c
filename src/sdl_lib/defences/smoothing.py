"""Randomised smoothing: ask a network about many noisy copies, and certify the majority."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from sdl_lib import validate
from sdl_lib.defences.loop import train_copy
from sdl_lib.intervals import clopper_pearson

ABSTAIN = -1


class Smoothed(NamedTuple):
    """What the smoothed classifier says, and how far it stands by it.

    Attributes
    ----------
    prediction : LongTensor, shape (n,): a class, or -1 where it abstains
    radius : Tensor, shape (n,), float64: Euclidean; 0 where it abstains
    counts : LongTensor, shape (n, classes): answers to the noisy copies of the second round
    """

    prediction: Tensor
    radius: Tensor
    counts: Tensor


def certify_smoothing(
    model: nn.Module,
    x: Tensor,
    *,
    sigma: float,
    samples: int = 10_000,
    selection: int = 100,
    alpha: float = 0.001,
    batch: int = 500,
    generator: torch.Generator | None = None,
) -> Smoothed:
    r"""Certify :math:`g(x)=\arg\max_c P(f(x+\sigma Z)=c)` within :math:`\sigma\Phi^{-1}(p)`.

    A first round of noise selects the class; a second, fresh one counts its answers, and
    :math:`p` is the Clopper-Pearson bound from below. With :math:`p\le 1/2` it abstains.

    Parameters
    ----------
    model : maps (n, ...) to logits, in evaluation mode; best trained with the same noise
    x : Tensor, shape (n, ...); the noise leaves the range of pixels, and must
    sigma : standard deviation of the noise, in units of pixel value, more than 0
    samples, selection : noisy copies of each example in the second and in the first round
    alpha : probability, for each example, that the certificate is wrong
    batch : copies in one forward pass, whichever examples they belong to
    generator : of the noise; default: a new one with seed 0

    Returns
    -------
    Smoothed

    Raises
    ------
    ValueError : if ``x`` is not finite, a number is out of its range, or the model is in
        training mode.

    References
    ----------
    Cohen, Rosenfeld & Kolter (2019). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.eval_mode(model)
    validate.finite_batch(x)
    validate.radius(sigma, "sigma")
    if sigma == 0:
        raise ValueError("sigma: expected more than 0, found 0")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha: expected a number between 0 and 1, found {alpha}")
    source = generator or torch.Generator().manual_seed(0)
    x = x.detach()
    guess = noisy_counts(model, x, selection, sigma=sigma, batch=batch, generator=source).argmax(1)
    counts = noisy_counts(model, x, samples, sigma=sigma, batch=batch, generator=source)
    hits = counts.gather(1, guess.unsqueeze(1)).squeeze(1).tolist()
    p = torch.tensor(
        [clopper_pearson(k, samples, confidence=1 - alpha, side="lower").low for k in hits],
        dtype=torch.float64,
        device=x.device,
    )
    sure = p > 0.5
    radius = torch.where(sure, sigma * torch.special.ndtri(p), 0.0)
    return Smoothed(torch.where(sure, guess, ABSTAIN), radius, counts)


@torch.no_grad()
def noisy_counts(
    model: nn.Module,
    x: Tensor,
    samples: int,
    *,
    sigma: float,
    batch: int = 500,
    generator: torch.Generator,
) -> Tensor:
    """How often each class is the answer to ``samples`` noisy copies of each example.

    Parameters
    ----------
    model, x, sigma, batch, generator : as for :func:`certify_smoothing`
    samples : copies of each example

    Returns
    -------
    LongTensor, shape (n, classes); each row sums to ``samples``.
    """
    validate.count(samples, "samples")
    validate.count(batch, "batch")
    if len(x) == 0:
        raise ValueError("x: expected at least one example, found none")
    total, counts = len(x) * samples, None
    for first in range(0, total, batch):
        rows = torch.arange(first, min(first + batch, total), device=x.device) // samples
        shape = (len(rows), *x.shape[1:])
        noisy = torch.randn(shape, generator=generator, device=generator.device)
        noisy = noisy.to(x).mul_(sigma).add_(x[rows])
        logits = model(noisy)
        validate.logits(logits, len(rows))
        classes = logits.shape[1]
        if counts is None:
            counts = torch.zeros(len(x) * classes, dtype=torch.int64, device=x.device)
        cells = rows * classes + logits.argmax(1)
        counts += torch.bincount(cells, minlength=len(counts))
    assert counts is not None
    return counts.view(len(x), -1)


def noise_training(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    *,
    sigma: float,
    epochs: int = 10,
    batch_size: int = 64,
    lr: float = 3e-3,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> nn.Module:
    """Learn from noisy copies, as smoothing will show them; a fresh draw for every picture met.

    Parameters
    ----------
    model, x, y, epochs, batch_size, lr, show_progress : as for :func:`adversarial_training`
    sigma : standard deviation of the noise
    generator : of the shuffling and the noise; default: a new one with seed 0

    Returns
    -------
    A trained copy, in evaluation mode and frozen. ``model`` stays as it was.

    Raises
    ------
    ValueError : for bad images, labels, noise or counts.

    References
    ----------
    Cohen, Rosenfeld & Kolter (2019). Explained in :doc:`/book/security/certified-robustness`.
    """
    validate.radius(sigma, "sigma")
    source = generator or torch.Generator().manual_seed(0)

    def loss(student: nn.Module, images: Tensor, labels: Tensor, done: float) -> Tensor:
        student.train()
        noise = torch.randn(images.shape, generator=source, device=source.device)
        return nn.functional.cross_entropy(student(images + sigma * noise.to(images)), labels)

    return train_copy(
        model,
        x,
        y,
        loss,
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        generator=source,
        show_progress=show_progress,
    )
