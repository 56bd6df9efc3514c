"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-lmt-worth": [
        ("my_worth = math.log(2) + 0.8 * math.log(0.8) + 0.2 * math.log(0.2)", "share it among"),
        ("my_worth = (1 + 0.8 * math.log2(0.8) + 0.2 * math.log2(0.2)) / 5", "in bits"),
        ("my_worth = -(0.8 * math.log(0.8) + 0.2 * math.log(0.2)) / 5", "compare with ln 2"),
    ],
    "ex-lmt-three-jobs": [
        ("my_amplification = 0.1 + 0.4 + 0.3", "the sum"),
        ("my_amplification = (0.1 + 0.4 + 0.7) / 3", "third job"),
        ("my_amplification = (0.9 + 0.6 + 0.7) / 3", "larger shares"),
    ],
    "ex-lmt-swap": [
        (
            "def my_swap(words, pairs):\n"
            "    for a, b in pairs:\n"
            "        words = [b if w == a else w for w in words]\n"
            "        words = [a if w == b else w for w in words]\n"
            "    return words",
            "both at once",
        ),
        (
            "def my_swap(words, pairs):\n"
            "    partner = dict(pairs) | {b: a for a, b in pairs}\n"
            "    return [partner[w] for w in words if w in partner]",
            "Expected 8 words",
        ),
        (
            "def my_swap(words, pairs):\n"
            "    partner = dict(pairs) | {b: a for a, b in pairs}\n"
            "    for i, w in enumerate(words):\n"
            "        words[i] = partner.get(w, w)\n"
            "    return words",
            "changed the list",
        ),
    ],
    "ex-lmt-bias": [
        (
            "def my_bias(logits, lean, first, second):\n"
            "    return float((logits[:, first] - logits[:, second]).mean())",
            "has a direction",
        ),
        (
            "def my_bias(logits, lean, first, second):\n"
            "    p = logits.softmax(1)\n"
            "    return float((lean * (p[:, first] - p[:, second])).mean())",
            "logarithms first",
        ),
        (
            "def my_bias(logits, lean, first, second):\n"
            "    return float((lean * (logits[:, second] - logits[:, first])).mean())",
            "sign is turned",
        ),
    ],
    "ex-lmt-offer": [
        (
            "def my_offer(odds, least):\n    return [('she',) if o > 0 else ('he',) for o in odds]",
            "always show one",
        ),
        (
            "def my_offer(odds, least):\n"
            "    p = torch.sigmoid(odds)\n"
            "    return [('she', 'he') if min(c, 1 - c) >= least else ('he',) for c in p]",
            "the likelier",
        ),
        (
            "def my_offer(odds, least):\n"
            "    return [('she', 'he') if abs(o) <= least else\n"
            "            (('she',) if o > 0 else ('he',)) for o in odds]",
            "take the sigmoid",
        ),
    ],
    "ex-lmt-they": [
        (
            "my_study = {'shares': {'she': .2, 'he': .7, 'they': .2}, 'before': 0,\n"
            "            'after': 0, 'instead': 'ask'}",
            "sum to 1",
        ),
        (
            "my_study = {'shares': {'she': .2, 'he': .75, 'they': .05},\n"
            "            'before': math.log(.05 / .75), 'after': math.log(.05 / .75),\n"
            "            'instead': 'ask'}",
            "keeps its share",
        ),
        (
            "my_study = {'shares': {'she': .2, 'he': .75, 'they': .05},\n"
            "            'before': math.log(.05 / .75), 'after': math.log(.05 / .475),\n"
            "            'instead': 'ask them'}",
            "at least 10 words",
        ),
    ],
}
