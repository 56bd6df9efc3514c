"""A bias-resilient network: features that tell the class, and not, in a group, the bias."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as logistic_loss

from sdl_lib import validate
from sdl_lib.fairness.attributes import binary, numbers


class BRNet(nn.Module):
    """Three small networks: features of a picture, their class, and a reader of the bias.

    Parameters
    ----------
    inputs : numbers in a picture
    width : units of the hidden layer
    features : numbers that the feature extractor gives
    """

    def __init__(self, inputs: int, width: int = 16, features: int = 4) -> None:
        super().__init__()
        self.centre: Tensor
        self.register_buffer("centre", torch.zeros(inputs))
        self.extract = nn.Sequential(
            nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, features), nn.Tanh()
        )
        self.classify = nn.Linear(features, 1)
        self.read_bias = nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Linear(width, 1))

    def features(self, x: Tensor) -> Tensor:
        """Features (n, features) of pictures (n, ...)."""
        found: Tensor = self.extract(x.flatten(1) - self.centre)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Log-odds of class 1, shape (n,)."""
        score: Tensor = self.classify(self.features(x))[:, 0]
        return score

    def reading(self, features: Tensor) -> Tensor:
        """What the bias predictor reads in ``features`` (n, k), of whatever scale: shape (n,)."""
        spread = features.std(0, correction=0) + 1e-6
        read: Tensor = self.read_bias((features - features.mean(0)) / spread)[:, 0]
        return read


def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Pearson's correlation of two Tensors (n,); differentiable, and 0 for a constant."""
    a, b = a - a.mean(), b - b.mean()
    return (a @ b) / ((a @ a) * (b @ b) + 1e-12).sqrt()


def br_net(
    x: Tensor,
    y: Tensor,
    bias: Tensor,
    *,
    among: Tensor,
    strength: float = 10.0,
    steps: int = 600,
    batch: int = 256,
    lr: float = 0.01,
    readings: int = 3,
    generator: torch.Generator,
) -> BRNet:
    """Train features and classifier against a network that reads the bias from the features.

    In each step the bias predictor raises its squared correlation with the bias, ``readings``
    times; then the features lower the classifier's loss plus ``strength`` times that correlation.

    Parameters
    ----------
    x : Tensor, shape (n, ...), float: pictures or rows
    y : the class, shape (n,), 0 and 1
    bias : what the features shall not tell, shape (n,)
    among : shape (n,), booleans: the examples among which they shall not. Those of one class make
        the adversary conditional; all make it unconditional, and it over-corrects
    strength : at least 0; with 0 there is no adversary
    steps, batch, lr : of Adam; the rate of features and classifier falls linearly to zero
    readings : steps of the bias predictor in each step
    generator : the source of the first weights and of the batches

    Returns
    -------
    BRNet : in evaluation mode; called on pictures it gives log-odds

    Raises
    ------
    ValueError : if a shape or a value is wrong.

    References
    ----------
    Adeli et al. (2021). Explained in :doc:`/book/fairness/confounders-and-proxies`.
    """
    validate.finite_batch(x)
    truth, group = binary(y, "y", n=len(x)).float(), binary(among, "among", n=len(x)).bool()
    told = numbers(bias, "bias", n=len(x)).float()
    validate.radius(strength, "strength")
    for count, name in ((steps, "steps"), (batch, "batch"), (readings, "readings")):
        validate.count(count, name)
    if not 0 < lr < float("inf"):
        raise ValueError(f"lr: expected a finite number over 0, found {lr}")
    if int(group.sum()) < 2:
        raise ValueError("among: expected at least two examples")
    rows = x.detach().flatten(1).float()
    net = _fresh(rows, generator)
    own = torch.optim.Adam(
        [*net.extract.parameters(), *net.classify.parameters()], lr=lr, fused=True
    )
    reader = torch.optim.Adam(net.read_bias.parameters(), lr=3 * lr, fused=True)
    for step in range(steps):
        own.param_groups[0]["lr"] = lr * (1 - step / steps)
        chosen = torch.randint(len(rows), (batch,), generator=generator)
        seen, kept = rows[chosen], group[chosen]
        features = net.features(seen)
        loss = logistic_loss(net.classify(features)[:, 0], truth[chosen])
        if strength > 0 and int(kept.sum()) > 2:
            hidden = told[chosen][kept]
            _read(net, reader, features[kept].detach(), hidden, readings)
            loss = loss + strength * correlation(net.reading(features[kept]), hidden) ** 2
        own.zero_grad()
        loss.backward()
        own.step()
    return net.requires_grad_(False).eval()


def _adam(parts: list[nn.Module], lr: float) -> torch.optim.Adam:
    return torch.optim.Adam(nn.ModuleList(parts).parameters(), lr=lr, fused=True)


def _read(
    net: BRNet, optimiser: torch.optim.Optimizer, features: Tensor, bias: Tensor, steps: int
) -> None:
    """Let the bias predictor learn, the features being what they are."""
    for _ in range(steps):
        optimiser.zero_grad()
        (-correlation(net.reading(features), bias)).backward()
        optimiser.step()


def _fresh(rows: Tensor, generator: torch.Generator) -> BRNet:
    """A network with first weights from ``generator`` alone, centred on the rows (n, d)."""
    seed = int(torch.randint(2**31, (1,), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = BRNet(rows.shape[1])
    net.centre.copy_(rows.mean(0))
    return net
