"""What each player of the game minimises: minimax, non-saturating, Wasserstein and hinge losses."""

from torch import Tensor
from torch.nn.functional import softplus

from sdl_lib import validate

KINDS = ("minimax", "non-saturating", "wasserstein", "hinge")


def discriminator_loss(
    real: Tensor, fake: Tensor, *, kind: str = "non-saturating", smoothing: float = 1.0
) -> Tensor:
    r"""What the discriminator minimises, from its logits.

    Minimax and non-saturating: the cross-entropy of "real or fake",
    :math:`-a\log D(x)-(1-a)\log(1-D(x))-\log(1-D(G(z)))` with :math:`D=\sigma(\text{logit})` and
    the label :math:`a` of real examples. Wasserstein: :math:`f(G(z))-f(x)`. Hinge:
    :math:`(1-f(x))_+ + (1+f(G(z)))_+`. Each a mean over its batch.

    Parameters
    ----------
    real, fake : Tensor, shape (n,) and (m,): logits of real and of generated examples
    kind : one of "minimax", "non-saturating", "wasserstein", "hinge"
    smoothing : the label a of real examples, in (0, 1]; one-sided: that of fakes stays 0

    Raises
    ------
    ValueError : for an unknown kind, logits of another shape, or a label that the kind has not.

    References
    ----------
    Goodfellow et al. (2014), Salimans et al. (2016) for the label, Arjovsky et al. (2017), Lim &
    Ye (2017) for the hinge. Explained in :doc:`/book/security/gans-in-practice`.
    """
    _check(kind, real=real, fake=fake)
    if not 0 < smoothing <= 1:
        raise ValueError(f"smoothing: expected a label in (0, 1], found {smoothing}")
    if kind in ("wasserstein", "hinge") and smoothing != 1:
        raise ValueError(f"smoothing: the {kind} loss has no labels to smooth, found {smoothing}")
    if kind == "wasserstein":
        return fake.mean() - real.mean()
    if kind == "hinge":
        return (1 - real).relu().mean() + (1 + fake).relu().mean()
    called_real = softplus(-real).mean()
    if smoothing < 1:
        called_real = smoothing * called_real + (1 - smoothing) * softplus(real).mean()
    return called_real + softplus(fake).mean()


def generator_loss(fake: Tensor, *, kind: str = "non-saturating") -> Tensor:
    r"""What the generator minimises, from the discriminator's logits of its examples.

    Minimax: :math:`\log(1-D(G(z)))`, whose gradient vanishes where the discriminator is sure.
    Non-saturating: :math:`-\log D(G(z))`. Wasserstein and hinge: :math:`-f(G(z))`.

    Parameters
    ----------
    fake : Tensor, shape (n,): logits
    kind : one of "minimax", "non-saturating", "wasserstein", "hinge"

    Raises
    ------
    ValueError : for an unknown kind, or logits of another shape.

    References
    ----------
    Goodfellow et al. (2014), Arjovsky et al. (2017). Explained in
    :doc:`/book/security/gans-in-practice`.
    """
    _check(kind, fake=fake)
    if kind == "minimax":
        return -softplus(fake).mean()
    if kind == "non-saturating":
        return softplus(-fake).mean()
    return -fake.mean()


def _check(kind: str, **logits: Tensor) -> None:
    validate.choice(kind, KINDS, "kind")
    for name, value in logits.items():
        if value.ndim != 1 or not len(value):
            raise ValueError(
                f"{name}: expected one logit for each example, shape (n,), "
                f"found {tuple(value.shape)}"
            )
