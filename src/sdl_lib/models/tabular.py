"""A network for people in tables: twelve answers to the census, two scores."""

from torch import Tensor, nn

# of the answers in Adult; "education" says the same as education_num
ADULT_FEATURES = (
    "age",
    "workclass",
    "education_num",
    "marital_status",
    "occupation",
    "relationship",
    "race",
    "sex",
    "capital_gain",
    "capital_loss",
    "hours_per_week",
    "native_country",
)


class AdultMLP(nn.Module):
    """A perceptron with two hidden layers, for the encoded ``ADULT_FEATURES``.

    Parameters
    ----------
    inputs : features after the encoding; the shipped weights have 87 (3,938 parameters)
    """

    def __init__(self, inputs: int = 87) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (n, 2) of "at most $50,000" and "over" for encoded people (n, inputs)."""
        logits: Tensor = self.layers(x)
        return logits
