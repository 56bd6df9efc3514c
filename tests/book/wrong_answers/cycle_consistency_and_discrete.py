"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

_TERM = "def my_term(there, back, x, y):\n    return {}"

WRONG = {
    "ex-cyc-count": [
        ("my_count = 720", "rule out most"),
        ("my_count = 120", "ways to choose"),
        ("my_count = 27", "share a partner"),
        ("my_count = 11", "in how many orders"),
    ],
    "ex-cyc-term": [
        (_TERM.format("(back(there(x)) - x).abs().mean()"), "one direction"),
        (
            _TERM.format(
                "(back(there(x)) - x).square().mean() + (there(back(y)) - y).square().mean()"
            ),
            "Squares",
        ),
        (
            _TERM.format("(there(back(x)) - x).abs().mean() + (back(there(y)) - y).abs().mean()"),
            "first go there",
        ),
    ],
    "ex-cyc-floor": [
        ("def my_floor(x):\n    return (x - x.mean(0)).abs().mean()", "minimises squares"),
        ("def my_floor(x):\n    return (x - x.median()).abs().mean()", "One guess a pixel"),
        ("def my_floor(x):\n    return x.std(0).mean()", "deviation"),
    ],
    "ex-cyc-shares": [
        ("my_study = {0.5: [0.1, 0.2, 0.9]}", "two shares"),
        ("my_study = {0.5: [0.1], 0.2: [0.3]}", "Three seeds"),
        ("my_study = {0.3: [0.1] * 3, 0.2: [0.3] * 3}", "symmetric case"),
    ],
    "ex-disc-two-tokens": [
        ("my_exact = 0.5\nmy_softened = 0.0", "its slope"),
        ("my_exact = 1.0\nmy_softened = 0.0", "p(1 - p), not 1"),
        ("my_exact = 0.25\nmy_softened = 0.25", "not linear"),
    ],
    "ex-disc-straight": [
        (
            "def my_straight_through(logits, noise, tau):\n"
            "    return ((logits + noise) / tau).softmax(-1)",
            "must be one-hot",
        ),
        (
            "def my_straight_through(logits, noise, tau):\n"
            "    return F.one_hot((logits + noise).argmax(-1), 4).double()",
            "no gradient",
        ),
        (
            "def my_straight_through(logits, noise, tau):\n"
            "    soft = (logits / tau).softmax(-1)\n"
            "    hard = F.one_hot(soft.argmax(-1), 4).to(soft)\n"
            "    return hard - soft.detach() + soft",
            "where is the noise",
        ),
    ],
}
