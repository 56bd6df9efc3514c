"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

RULE = (
    "def my_bias(weights, intercept):\n"
    "    on = weak_features(10)\n"
    "    scale = {scale}\n"
    "    ends = [(weights @ m + intercept) / scale for m in (on.positive, on.negative)]\n"
    "    high, low = (torch.special.ndtr(end) for end in ends)\n"
    "    return {result}"
)
BIAS = "0.7 * high + 0.3 * low - 0.7"
SPREAD = "(weights * on.sd).norm()"

WRONG = {
    "ex-wb-useless": [
        ("my_bias_of_best = 0", "right less often"),
        ("my_bias_of_best = -0.3", "The sign"),
        ("my_bias_of_best = 0.7", "How often does it say yes"),
        ("my_bias_of_best = 0.5", "look at nothing"),
    ],
    "ex-wb-urn": [
        ("my_share = 0.5", "depends on the start"),
        ("my_share = 1", "Rates are equal"),
        ("my_share = 0.6", "one day"),
    ],
    "ex-wb-exact": [
        (RULE.format(scale=SPREAD, result="0.7 * high + 0.3 * low"), "take the prior away"),
        (RULE.format(scale=SPREAD, result="0.7 - 0.7 * high - 0.3 * low"), "The sign"),
        (RULE.format(scale="weights.norm()", result=BIAS), "deviation of each feature"),
        (RULE.format(scale=SPREAD + "**2", result=BIAS), "not by its variance"),
        (RULE.format(scale="(weights * on.sd).abs().sum()", result=BIAS), "as squares"),
    ],
    "ex-wb-parity": [
        ("def my_parity(weights):\n    return weights != 0", "make them even"),
        ("def my_parity(weights):\n    return weights == 0", "neither class"),
        ("def my_parity(weights):\n    return torch.zeros(len(weights)).bool()", "smaller side"),
        (
            "def my_parity(weights):\n"
            "    k = min((weights > 0).sum(), (weights < 0).sum())\n"
            "    kept = torch.zeros(len(weights)).bool()\n"
            "    for side in (weights > 0, weights < 0):\n"
            "        kept[side.nonzero()[:k, 0]] = True\n"
            "    return kept",
            "the largest",
        ),
    ],
    "ex-wb-trace": [
        ("my_trace = {}", "Nothing yet on sampling"),
        (
            "names = ['sampling', 'labels', 'measurement', 'proxies', 'objective', 'feedback']\n"
            "my_trace = {name: ('it enters', 'count it') for name in names}",
            "a colleague could act on",
        ),
        (
            "names = ['sampling', 'labels', 'measurement', 'proxies', 'objective', 'feedback']\n"
            "my_trace = {name: ('it may enter by chance', 'we count the people') "
            "for name in names}",
            "No measurement serves two",
        ),
    ],
}
