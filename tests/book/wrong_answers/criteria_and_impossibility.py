"""Plausible wrong answers to the exercises of the chapter, and the hint that each must get."""

WRONG = {
    "ex-criteria-forced": [
        ("my_fpr = 0.6 / 0.4 * 0.2 / 0.8 * 0.75", "turned the odds round"),
        ("my_fpr = 0.4 / 0.6 * 0.2 / 0.8 * 0.25", "1 - FNR"),
        ("my_fpr = 0.4 / 0.6 * 0.8 / 0.2 * 0.75", "turned (1-PPV)/PPV round"),
        ("my_fpr = 1 - 0.8", "Of the negatives"),
    ],
    "ex-criteria-extremes": [
        (
            "every = {'demographic parity', 'equalised odds', 'predictive parity'}\n"
            "my_answer = {'everyone': every, 'coin': every, 'oracle': every}",
            "PPV is then the base rate",
        ),
        (
            "blind = {'demographic parity', 'equalised odds'}\n"
            "my_answer = {'everyone': blind, 'coin': blind,\n"
            "             'oracle': blind | {'predictive parity'}}",
            "as many as there are positives",
        ),
        (
            "my_answer = {'everyone': {'demographic parity'}, 'coin': {'demographic parity'},\n"
            "             'oracle': {'predictive parity'}}",
            "look at equalised odds again",
        ),
    ],
    "ex-criteria-three-rates": [
        (
            "def my_rates(y, flagged):\n"
            "    fp, fn = (flagged > y).sum(), (flagged < y).sum()\n"
            "    return fp / len(y), fn / len(y), y[flagged == 1].double().mean()",
            "divided by everybody",
        ),
        (
            "def my_rates(y, flagged):\n"
            "    ppv = y[flagged == 1].double().mean()\n"
            "    return 1 - ppv, y[flagged == 0].double().mean(), ppv",
            "errors among decisions",
        ),
        (
            "def my_rates(y, flagged):\n"
            "    def share(of, among):\n"
            "        return float((of & among).sum() / among.sum().clamp(min=1))\n"
            "    y, flagged = y.bool(), flagged.bool()\n"
            "    return share(flagged, ~y), share(~flagged, y), share(y, flagged)",
            "not a number",
        ),
    ],
    "ex-criteria-odds-gap": [
        (
            "def my_odds_gap(y, flagged, group):\n"
            "    rates = [flagged[(group == g) & (y == 1)].double().mean() for g in range(3)]\n"
            "    return max(rates) - min(rates)",
            "equal opportunity",
        ),
        (
            "def my_odds_gap(y, flagged, group):\n"
            "    gaps = []\n"
            "    for t in (0, 1):\n"
            "        r = [flagged[(group == g) & (y == t)].double().mean() for g in range(3)]\n"
            "        gaps.append(max(r) - min(r))\n"
            "    return sum(gaps) / 2",
            "averaged",
        ),
        (
            "def my_odds_gap(y, flagged, group):\n"
            "    gaps = []\n"
            "    for t in (0, 1):\n"
            "        r = [flagged[(group == g) & (y == t)].double().mean() for g in range(2)]\n"
            "        gaps.append(max(r) - min(r))\n"
            "    return max(gaps)",
            "there are three",
        ),
    ],
    "ex-criteria-threshold": [
        (
            "def my_threshold(y, score, most):\n"
            "    return next(t for t in range(1, 12)\n"
            "                if (score >= t).double().mean() <= most)",
            "among everybody",
        ),
        (
            "def my_threshold(y, score, most):\n"
            "    return next(t for t in range(1, 12)\n"
            "                if (score[y == 1] >= t).double().mean() <= most)",
            "that is the TPR",
        ),
        (
            "def my_threshold(y, score, most):\n"
            "    return next(t for t in range(1, 13)\n"
            "                if (score[y == 0] >= t).double().mean() < most or t == 12)",
            "exactly",
        ),
    ],
    "ex-criteria-own-audit": [
        ("my_audit = {'Female': (0.3, 0.2, 0.4, 100), 'Male': (0.3, 0.2, 0.4, 90)}", "four groups"),
        ("my_audit = {str(i): (0.3, 100) for i in range(4)}", "Four numbers a group"),
        ("my_audit = {str(i): (0.3, 0.3, 0.3, 100) for i in range(4)}", "No interval has a width"),
        ("my_audit = {str(i): (0.0, 0.0, 0.5, 0) for i in range(4)}", "rate of nobody"),
    ],
}
