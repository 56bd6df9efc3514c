"""Language models over characters: train one, measure it in bits, let it write."""

import math

import torch
from torch import Tensor, nn

from sdl_lib import progress, validate


def bigram_log_probs(codes: Tensor, *, classes: int, smoothing: float = 0.1) -> Tensor:
    """Log-probabilities of the next character given one: counted pairs, each count raised a bit.

    Parameters
    ----------
    codes : LongTensor, shape (n,), from 0 to ``classes - 1``
    classes : size of the alphabet
    smoothing : added to each count, so that no pair is impossible

    Returns
    -------
    Tensor, shape (classes, classes), float64: row = the character before.

    Raises
    ------
    ValueError : if ``codes`` is no row of such numbers, or ``smoothing`` is not above 0.

    References
    ----------
    Shannon (1951). Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    validate.count(classes, "classes")
    _row(codes, classes)
    if not (math.isfinite(smoothing) and smoothing > 0):
        raise ValueError(f"smoothing: expected a number above 0, found {smoothing}")
    pairs = codes[:-1] * classes + codes[1:]
    counts = torch.bincount(pairs, minlength=classes**2).double().view(classes, classes)
    return ((counts + smoothing) / (counts + smoothing).sum(1, keepdim=True)).log()


def fit_language_model(
    model: nn.Module,
    codes: Tensor,
    *,
    steps: int,
    length: int = 64,
    batch_size: int = 32,
    lr: float = 3e-3,
    generator: torch.Generator | None = None,
    show_progress: bool = False,
) -> list[float]:
    """Train on random windows to predict each next character; returns the loss of each step.

    Adam, its rate falling to 0 along a cosine, gradients cut at norm 1. The model is trained in
    place and left in evaluation mode.

    Parameters
    ----------
    model : maps codes (n, T) to logits (n, T, classes)
    codes : LongTensor, shape (n,): the text
    steps, length, batch_size, lr : updates; characters a window; windows an update; largest rate
    generator : chooses the windows; default: a new one with seed 0

    Raises
    ------
    ValueError : if a setting is out of range, or the text is shorter than a window.

    References
    ----------
    Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    for value, name in ((steps, "steps"), (length, "length"), (batch_size, "batch_size")):
        validate.count(value, name)
    _row(codes)
    if len(codes) <= length:
        raise ValueError(f"codes: expected more than {length} characters, found {len(codes)}")
    generator = generator or torch.Generator().manual_seed(0)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    offsets = torch.arange(length + 1)
    history: list[float] = []
    model.train()
    for _ in progress.bar(range(steps), disable=not show_progress, desc="training"):
        starts = torch.randint(len(codes) - length, (batch_size, 1), generator=generator)
        windows = codes[starts + offsets]
        logits = model(windows[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        history.append(float(loss.detach()))
    model.eval()
    return history


@torch.no_grad()
def bits_per_character(model: nn.Module | Tensor, codes: Tensor, *, length: int = 64) -> float:
    """Mean :math:`-\\log_2` of the probability given to each next character of a text.

    The text is cut into windows that do not share their memory; within one, each character but
    the first is predicted from those before it. What does not fill a window is left out.

    Parameters
    ----------
    model : maps codes (n, T) to logits (n, T, classes), in evaluation mode; or a table of
        log-probabilities from :func:`bigram_log_probs`
    codes : LongTensor, shape (n,)
    length : characters a window; the first is given

    Raises
    ------
    ValueError : if the model is in training mode, or the text is shorter than a window.

    References
    ----------
    Explained in :doc:`/book/fundamentals/sequences-and-attention`.
    """
    validate.count(length, "length", least=2)
    _row(codes)
    if len(codes) < length:
        raise ValueError(f"codes: expected at least {length} characters, found {len(codes)}")
    windows = codes[: len(codes) // length * length].view(-1, length)
    before, after = windows[:, :-1], windows[:, 1:]
    if isinstance(model, Tensor):
        nats = -model[before, after]
    else:
        validate.eval_mode(model)
        logits = torch.cat([model(chunk) for chunk in before.split(64)]).double()
        nats = nn.functional.cross_entropy(logits.transpose(1, 2), after, reduction="none")
    return float(nats.mean()) / math.log(2)


@torch.no_grad()
def next_letter(model: nn.Module, codes: Tensor, *, temperature: float = 1.0) -> Tensor:
    """Probabilities of the next character after ``codes``, shape (classes,), float64.

    Parameters
    ----------
    model : maps codes (1, T) to logits (1, T, classes), in evaluation mode
    codes : LongTensor, shape (T,), at least one
    temperature : logits are divided by it: below 1 the likely become likelier

    Raises
    ------
    ValueError : if the model is in training mode, ``codes`` is empty, or ``temperature`` is not
        above 0.
    """
    validate.eval_mode(model)
    _row(codes)
    if len(codes) == 0:
        raise ValueError("codes: expected at least one character, found none")
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature: expected a number above 0, found {temperature}")
    logits: Tensor = model(codes[None])[0, -1].double()
    return (logits / temperature).softmax(0)


def generate(
    model: nn.Module,
    codes: Tensor,
    *,
    n: int,
    temperature: float = 1.0,
    context: int = 64,
    generator: torch.Generator | None = None,
) -> Tensor:
    """``n`` characters drawn one after the other from the model's own predictions.

    Parameters
    ----------
    model, codes, temperature : as in :func:`next_letter`
    n : how many
    context : the model is shown at most this many of the last characters
    generator : of the draws; default: a new one with seed 0

    Returns
    -------
    LongTensor, shape (n,): the new characters alone.
    """
    validate.count(n, "n", least=0)
    validate.count(context, "context")
    generator = generator or torch.Generator().manual_seed(0)
    text = codes
    for draw in torch.rand(n, dtype=torch.float64, generator=generator):
        text = torch.cat(
            [text, _pick(next_letter(model, text[-context:], temperature=temperature), draw)]
        )
    return text[len(codes) :]


def _pick(probabilities: Tensor, draw: Tensor) -> Tensor:
    """The number, shape (1,), at which the running sum of the probabilities passes ``draw``."""
    place = (probabilities.cumsum(0) <= draw).sum()
    return place.clamp(max=len(probabilities) - 1).view(1)


def _row(codes: Tensor, classes: int | None = None) -> None:
    if not isinstance(codes, Tensor) or codes.ndim != 1:
        found = tuple(codes.shape) if isinstance(codes, Tensor) else type(codes).__name__
        raise ValueError(f"codes: expected one row of character numbers, found {found}")
    validate.labels(codes, len(codes), classes, "codes")
