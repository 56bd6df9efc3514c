"""Plausible wrong answers to the exercises of the page, and the hint that each must get."""

WRONG = {
    "ex-prob-detector": [
        ("my_probability = 0.98", "Turn it around"),
        ("my_probability = 0.98 * 0.002", "Divide by the probability"),
        ("my_probability = 0.98 * 0.002 / (0.02 * 0.998)", "the odds"),
    ],
    "ex-prob-no-failure": [
        ("my_bound = 0", "Zero was observed"),
        ("my_bound = 3 / 300", "rule of three"),
        ("my_bound = 1 - 0.025 ** (1 / 300)", "halved alpha"),
        ("my_bound = 1 - 0.95 ** (1 / 300)", "it should be .05"),
    ],
    "ex-prob-jsd": [
        (
            "def my_jsd(p, q):\n    return (p * (p / q).log() + q * (q / p).log()).sum() / 2",
            "with their mean",
        ),
        (
            "def my_jsd(p, q):\n    return torch.tensor(spatial.distance.jensenshannon(p, q))",
            "square root",
        ),
        (
            "def my_jsd(p, q):\n"
            "    m = (p + q) / 2\n"
            "    return ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2",
            "0 log 0",
        ),
        (
            "def my_jsd(p, q):\n"
            "    m = (p + q) / 2\n"
            "    return ((p * (p / m).log2()).sum() + (q * (q / m).log2()).sum()) / 2",
            "in bits",
        ),
    ],
    "ex-prob-gumbel": [
        (
            "def my_draw(logits, uniform):\n    return logits.expand(len(uniform), -1).argmax(1)",
            "where is the chance",
        ),
        (
            "def my_draw(logits, uniform):\n    return (logits + uniform).argmax(1)",
            "make Gumbel noise",
        ),
        (
            "def my_draw(logits, uniform):\n    return (logits + (-uniform.log()).log()).argmax(1)",
            "sign of the noise",
        ),
        (
            "def my_draw(logits, uniform):\n"
            "    return (logits.softmax(0) - (-uniform.log()).log()).argmax(1)",
            "not to the probabilities",
        ),
    ],
    "ex-prob-transport": [
        ("def my_w1(x, y):\n    return torch.tensor(float('nan'))", "you found nan"),
        ("def my_w1(x, y):\n    return (x - y).abs().mean()", "as they came"),
        (
            "def my_w1(x, y):\n    return (x.sort().values - y.sort().values).abs().sum()",
            "mean over the points",
        ),
        ("def my_w1(x, y):\n    return (x.mean() - y.mean()).abs()", "distance of the means"),
        (
            "def my_w1(x, y):\n"
            "    x[:], y[:] = x.sort().values, y.sort().values\n"
            "    return (x - y).abs().mean()",
            "work on copies",
        ),
    ],
}
