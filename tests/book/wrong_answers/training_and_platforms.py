"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_MOMENTUM = "def my_momentum(w, v, gradient, lr, beta):\n"
_ADAM = "def my_adam(w, m, v, gradient, lr, t):\n    m = 0.9 * m + 0.1 * gradient\n"
_SHARP = "def my_sharpest(hvp, f, w, steps):\n    v = torch.ones_like(w) / len(w) ** 0.5\n"

WRONG = {
    "ex-train-rates": [
        ("my_rates = (1 / 100, 2 / 104, 24 / 26)", "a safe rate"),
        ("my_rates = (2 / 4, 2 / 104, 24 / 26)", "not the flattest"),
        ("my_rates = (2 / 100, 1 / 100, 24 / 26)", "The best rate"),
        ("my_rates = (2 / 100, 2 / 104, 1 - 4 / 100)", "at a rate of 1/L"),
    ],
    "ex-train-momentum-step": [
        (
            _MOMENTUM + "    v = beta * v + (1 - beta) * gradient\n    return w - lr * v, v",
            "You averaged",
        ),
        (
            _MOMENTUM + "    return w - lr * v, beta * v + gradient",
            "the old velocity",
        ),
        (
            _MOMENTUM + "    v *= beta\n    v += gradient\n    w -= lr * v\n    return w, v",
            "changed what it was given",
        ),
    ],
    "ex-train-adam-step": [
        (
            _ADAM
            + "    v = 0.999 * v + 0.001 * gradient**2\n"
            + "    return w - lr * m / (v.sqrt() + 1e-8), m, v",
            "begin at zero",
        ),
        (
            _ADAM
            + "    v = 0.999 * v + 0.001 * gradient**2\n"
            + "    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)\n"
            + "    return w - lr * m_hat / (v_hat + 1e-8), m, v",
            "take its root",
        ),
        (
            _ADAM + "    v = 0.999 * v + 0.001 * gradient\n    return w, m, v",
            "gradient's square",
        ),
    ],
    "ex-train-sharpest": [
        (
            _SHARP
            + "    for _ in range(steps):\n"
            + "        v = hvp(f, w, v)\n"
            + "        value = float(v.norm())\n"
            + "        v = v / value\n"
            + "    return value",
            "lost the sign",
        ),
        (
            "def my_sharpest(hvp, f, w, steps):\n"
            "    return float(torch.linalg.eigvalsh(hessian(f, w)).max())",
            "never called",
        ),
        (
            _SHARP
            + "    for _ in range(steps):\n"
            + "        v = hvp(f, w, hvp(f, w, v))\n"
            + "        v = v / v.norm()\n"
            + "    return float(v @ hvp(f, w, v))",
            "one a step is enough",
        ),
    ],
    "ex-train-shards": [
        (
            "def my_all_reduce(gradients, sizes):\n    return sum(gradients) / len(gradients)",
            "counts as much",
        ),
        ("def my_all_reduce(gradients, sizes):\n    return sum(gradients)", "plain sum"),
        (
            "def my_all_reduce(gradients, sizes):\n"
            "    return sum(n * g for g, n in zip(gradients, sizes))",
            "sum over all examples",
        ),
    ],
    "ex-train-race": [
        ("my_race = {'adam': {0.001: [0.9] * 3}}", "two runners"),
        (
            "my_race = {'adam': {0.001: [0.9]}, 'momentum': {0.1: [0.9]}}",
            "three learning rates",
        ),
        (
            "one = {0.001: [0.8] * 3, 0.01: [0.85] * 3, 0.1: [0.9] * 3}\n"
            "my_race = {'adam': one, 'momentum': one}",
            "at the edge",
        ),
    ],
}
