"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-defence-blind": [
        ("my_lead = 24", "number of bits"),
        ("my_lead = 36.7", "double precision"),
        ("my_lead = 88", "vanishes"),
    ],
    "ex-defence-straight": [
        ("def my_straight(x, transform):\n    return transform(x)", "identity"),
        ("def my_straight(x, transform):\n    return x", "Forwards"),
        ("def my_straight(x, transform):\n    return transform(x).detach()", "No gradient"),
    ],
    "ex-defence-trades": [
        (
            "def my_trades(own, there, y, beta):\n"
            "    ce = nn.functional.cross_entropy(own, y)\n"
            "    p, q = own.log_softmax(1), there.log_softmax(1)\n"
            "    return ce + beta * (q.exp() * (q - p)).sum(1).mean()",
            "other side",
        ),
        (
            "def my_trades(own, there, y, beta):\n"
            "    ce = nn.functional.cross_entropy(own, y)\n"
            "    p, q = own.log_softmax(1), there.log_softmax(1)\n"
            "    return ce + beta * (p.exp() * (p - q)).mean()",
            "mean over the classes",
        ),
        (
            "def my_trades(own, there, y, beta):\n"
            "    ce = nn.functional.cross_entropy(there, y)\n"
            "    p, q = own.log_softmax(1), there.log_softmax(1)\n"
            "    return ce + beta * (p.exp() * (p - q)).sum(1).mean()",
            "the image itself",
        ),
    ],
    "ex-defence-masked": [
        ("def my_masked(report):\n    return report['one'] < report['many']", "queries alone"),
        ("def my_masked(report):\n    return report['many'] > 0.6", "nothing is suspicious"),
    ],
    "ex-defence-own": [
        ("my_study = {'clean': 0.9, 'claimed': 0.8}", "lacks adaptive"),
        ("my_study = {'clean': 0.9, 'claimed': 0.8, 'adaptive': [0.5]}", "one try"),
        ("my_study = {'clean': 0.9, 'claimed': 0.3, 'adaptive': [0.5, 0.6]}", "weaker"),
    ],
}
