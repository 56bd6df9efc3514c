"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-risk-sure": [
        ("my_risk = math.log(4)", "best constant answer"),
        ("my_risk = -(0.7 * math.log(0.7) + 0.3 * math.log(0.1))", "entropy of the answer"),
        ("my_risk = -(math.log2(0.7) + 3 * math.log2(0.1)) / 4", "in bits"),
    ],
    "ex-risk-log-sum-exp": [
        ("def my_log_sum_exp(z):\n    return z.exp().sum().log()", "overflows"),
        ("def my_log_sum_exp(z):\n    return (z - z.max()).exp().sum().log()", "put it back"),
        (
            "def my_log_sum_exp(z):\n    top = z.abs().max()\n"
            "    return top + (z - top).exp().sum().log()",
            "take out the largest",
        ),
        (
            "def my_log_sum_exp(z):\n    top = z.max().clone()\n    z -= top\n"
            "    return top + z.exp().sum().log()",
            "changed the z",
        ),
    ],
    "ex-risk-penalty": [
        (
            "def my_penalised_gradient(weights, rows, y, strength):\n"
            "    return risk_gradient(weights, rows, y)",
            "of the risk alone",
        ),
        (
            "def my_penalised_gradient(weights, rows, y, strength):\n"
            "    return risk_gradient(weights, rows, y) + strength * weights / 2",
            "derivative 2w",
        ),
        (
            "def my_penalised_gradient(weights, rows, y, strength):\n"
            "    return len(y) * risk_gradient(weights, rows, y) + strength * weights",
            "summed over",
        ),
        (
            "def my_penalised_gradient(weights, rows, y, strength):\n"
            "    return risk_gradient(weights, rows, y) - strength * weights",
            "check its sign",
        ),
    ],
    "ex-risk-test-size": [
        ("my_n = 1.96**2 * 0.25 / 0.01**2", "worst case"),
        ("my_n = 1.96**2 * 0.09 * 0.91 / 0.02**2", "not .02"),
        ("my_n = 1.645**2 * 0.09 * 0.91 / 0.01**2", "90 % interval"),
    ],
    "ex-risk-interval": [
        (
            "def my_interval(right, n):\n"
            "    p = right / n\n"
            "    half = 1.96 * math.sqrt(p * (1 - p) / n)\n"
            "    return p - half, p + half",
            "under the root",
        ),
        (
            "def my_interval(right, n):\n    return wilson(right, n, confidence=0.9)",
            "1.645",
        ),
        (
            "def my_interval(right, n):\n"
            "    half = math.sqrt(math.log(40) / (2 * n))\n"
            "    return right / n - half, right / n + half",
            "For 45 of 50 expected",
        ),
    ],
    "ex-risk-peeking": [
        ("my_study = {1: [0.0, 0.1, 0.0], 100: [0.1, 0.2, 0.1]}", "no trend"),
        ("my_study = {1: [0.0], 10: [0.1], 100: [0.1]}", "three seeds"),
        ("my_study = {1: [0.0] * 3, 10: [0.1] * 3, 100: [0.2] * 3}", "identical"),
        ("my_study = {1: [0.0, 0.1, 0], 2: [0.0, 0.1, 0], 3: [0.0, 0.1, 0]}", "tenfold"),
    ],
}
