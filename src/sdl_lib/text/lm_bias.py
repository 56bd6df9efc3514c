"""How much more likely one of two words is, to a language model, and whom that depends on."""

import torch
from torch import Tensor, nn

from sdl_lib import validate


@torch.no_grad()
def log_odds(model: nn.Module, prompts: Tensor, *, first: int, second: int) -> Tensor:
    r"""How much likelier the ``first`` word is than the ``second``, after each prompt.

    :math:`\ln p(\mathrm{first}\mid\mathrm{prompt})-\ln p(\mathrm{second}\mid\mathrm{prompt})`

    Parameters
    ----------
    model : maps codes (n, T) to logits (n, T, classes), in evaluation mode
    prompts : LongTensor, shape (n, T)
    first, second : the numbers of the two words

    Returns
    -------
    Tensor, shape (n,), float64; infinite where the model excludes one of the two.

    Raises
    ------
    ValueError : if the model is in training mode, there is no prompt, or a word is out of range.

    References
    ----------
    Lu et al. (2020). Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    validate.eval_mode(model)
    if prompts.ndim != 2 or prompts.numel() == 0:
        raise ValueError(f"prompts: expected shape (n, T), found {tuple(prompts.shape)}")
    logits = model(prompts)[:, -1].double()
    for word, name in ((first, "first"), (second, "second")):
        if not 0 <= word < logits.shape[1]:
            raise ValueError(f"{name}: expected 0 to {logits.shape[1] - 1}, found {word}")
    odds: Tensor = logits[:, first] - logits[:, second]
    return odds


def lm_bias(model: nn.Module, prompts: Tensor, lean: Tensor, *, first: int, second: int) -> float:
    r"""Mean log-odds in the direction of the stereotype, in nats.

    :math:`\frac1n\sum_i s_i\,\ln\frac{p(\mathrm{first}\mid x_i)}{p(\mathrm{second}\mid x_i)}`,
    where :math:`s_i=1` if the stereotype of prompt i is the first word, and -1 if the second.
    0 if the pronoun does not depend on the job; the logarithm of the odds in the text for a model
    that has learnt them.

    Parameters
    ----------
    model, prompts, first, second : as in :func:`log_odds`
    lean : Tensor, shape (n,), of 1 and -1

    Raises
    ------
    ValueError : as :func:`log_odds`, and if ``lean`` is not one sign for each prompt.

    References
    ----------
    Lu et al. (2020). Explained in :doc:`/book/fairness/language-models-and-translation`.
    """
    if lean.shape != (len(prompts),) or not bool((lean.abs() == 1).all()):
        raise ValueError("lean: expected 1 or -1 for each prompt")
    odds = log_odds(model, prompts, first=first, second=second)
    return float((lean.double() * odds).mean())
