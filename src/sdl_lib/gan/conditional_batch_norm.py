"""Batch normalisation whose scale and shift come from a condition."""

from torch import Tensor, nn

from sdl_lib import validate


class ConditionalBatchNorm2d(nn.Module):
    r"""Batch normalisation with :math:`\gamma` and :math:`\beta` read from a condition.

    .. math:: y = \gamma(c)\,\frac{x-\mu}{\sqrt{\sigma^2+\epsilon}} + \beta(c),

    where :math:`\gamma(c)=1+W_\gamma c+b_\gamma` and :math:`\beta(c)=W_\beta c+b_\beta`; at the
    start both maps are zero, and the layer is plain batch normalisation.

    Parameters
    ----------
    channels : of the pictures ``x`` (n, channels, h, w)
    condition : numbers of the condition ``c`` (n, condition)

    Raises
    ------
    ValueError : if a size is no count, or ``c`` does not fit ``x``.

    References
    ----------
    De Vries et al. (2017). Explained in :doc:`/book/security/conditional-gans`.
    """

    def __init__(self, channels: int, condition: int) -> None:
        validate.count(channels, "channels")
        validate.count(condition, "condition")
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.style = nn.Linear(condition, 2 * channels)
        nn.init.zeros_(self.style.weight)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        """Pictures like ``x``, normalised and styled by ``c``."""
        if c.shape != (len(x), self.style.in_features):
            raise ValueError(
                f"c: expected shape ({len(x)}, {self.style.in_features}), found {tuple(c.shape)}"
            )
        scale, shift = self.style(c)[..., None, None].chunk(2, dim=1)
        styled: Tensor = (1 + scale) * self.norm(x) + shift
        return styled
