"""Wrong solutions: for each question, code, the points it may get at most, and part of its hint.

The code takes the place of the question's solution cells. All wrong first solutions are handed in
together, so the questions after the first bring a right guess of their own.
"""

GUESS = """
def {name}(score, bit):
    order = {order}
    s, ones = score[order], bit[order]
    hits, alarms = np.cumsum(ones), np.cumsum(~ones)
    gain = {gain}
    {ties}
    best = {best}
    {nothing}
    return float(gain[best]), float(s[best])
"""
RIGHT = {
    "name": "best_guess",
    "order": "np.argsort(-score)",
    "gain": "hits / hits[-1] - alarms / alarms[-1]",
    "ties": "gain[:-1][s[1:] == s[:-1]] = -1",
    "best": "gain.argmax()",
    "nothing": "if gain[best] <= 0: return 0.0, np.inf",
}
CHANGES = GUESS.format(**RIGHT).replace(
    "    order =", "    turn = np.argsort(-score)\n    score.sort()\n    order =", 1
)
CHANGES = CHANGES.replace("s, ones = score[order], bit[order]", "s, ones = score[::-1], bit[turn]")
SELF = GUESS.format(**{**RIGHT, "name": "right_guess"})

COUNTER = """
counterexample = {{
    "known_score": {known},
    "known_bit": np.arange(10) > 0,
    "score": {score},
    "bit": np.arange(10) > 0,
}}
"""
CONSTANT = COUNTER.format(known="np.zeros(10)", score="np.zeros(10)")
TELLING = COUNTER.format(known="np.arange(10.0)", score="np.arange(10.0)")
JUDGE = (
    SELF
    + """
def success(known_score, known_bit, score, bit):
    {cut}
    says = score >= learnt
    return {result}
"""
)
FAIR = {
    "cut": "_, learnt = right_guess(known_score, known_bit)",
    "result": "0.5 + 0.5 * (says[bit].mean() - says[~bit].mean())",
}
HELPED = """cuts = np.unique(np.append(known_score, score))[::-1]
    gain = [(known_score[known_bit] >= c).mean() - (known_score[~known_bit] >= c).mean()
            for c in cuts]
    gain = np.array(gain)
    good = cuts[gain == gain.max()]
    learnt = max(good, key=lambda c: (score[bit] >= c).mean() - (score[~bit] >= c).mean())"""

SHADOW = (
    SELF
    + """
def shadow_cuts(learn, X, y, rounds, seed):
    source = {source}
    score = np.zeros((rounds, len(y)))
    member = np.zeros((rounds, len(y)), dtype=bool)
    {before}
    for r in range(rounds):
        half = {half}
        member[r, half] = True
        score[r] = {score}
    cuts = np.full(10, {none})
    for label in range(10):
        own = {own}
        s, seen = score[:, own].ravel(), member[:, own].ravel()
        if seen.any() and not seen.all():
            cuts[label] = right_guess(s, seen)[1]
    return cuts
"""
)
SHADE = {
    "source": "np.random.default_rng(seed)",
    "before": "pass",
    "half": "source.permutation(len(y))[: len(y) // 2]",
    "score": "confidence(learn(X[half], y[half]), X, y)",
    "none": "np.inf",
    "own": "y == label",
}

MEANS = """
def private_means(X, y, radius, advantage, seed):
    length = np.linalg.norm(X, axis=1, keepdims=True)
    short = {short}
    size = np.bincount(y, minlength=10)
    sums = np.zeros((10, X.shape[1]))
    np.add.at(sums, y, short)
    spread = {spread}
    noise = np.random.default_rng(seed).standard_normal({shape})
    return sums / size[:, None] + np.reshape(spread * np.ones(10), (10, 1)) * noise
"""
QUIET = {
    "short": "X * np.minimum(1, radius / np.maximum(length, 1e-300))",
    "spread": "radius / size / NormalDist().inv_cdf((1 + advantage) / 2)",
    "shape": "sums.shape",
}

RISK = """
def fair_risk(w, b, X, y, group, price, criterion):
    {refuse}
    z = X @ w + b
    p = {p}
    counts = {counts}
    ones, zeros = group & counts, ~group & counts
    weight = {weight}
    gap = weight @ p
    risk = {loss} + price * {paid}
    slope = (p - y) / len(y) + {pull}
    return risk, slope @ X, slope.sum()
"""
PENALTY = {
    "refuse": "if criterion not in ('parity', 'opportunity'): raise ValueError(criterion)",
    "p": "np.exp(-np.logaddexp(0, -z))",
    "counts": "y if criterion == 'opportunity' else np.ones_like(y)",
    "weight": "ones / ones.sum() - zeros / zeros.sum()",
    "loss": "np.mean(np.logaddexp(0, z) - y * z)",
    "paid": "gap**2",
    "pull": "2 * price * gap * weight * p * (1 - p)",
}

CUTS = """
def two_cuts(score, y, group, most):
    tried = []
    for own in (~group, group):
        s, label = score[own], y[own]
        cuts = {cuts}
        taken = s >= cuts[:, None]
        right = (taken == label).{count}(axis=1)
        tried.append((cuts, taken.mean(axis=1), right))
    (cuts_0, share_0, right_0), (cuts_1, share_1, right_1) = tried
    apart = {apart}
    total = right_0[:, None] + right_1
    total = np.where({kept}, total, -1)
    i, j = np.unravel_index(total.argmax(), total.shape)
    says = score >= np.where(group, cuts_1[j], cuts_0[i])
    return cuts_0[i], cuts_1[j], np.mean(says == y)
"""
PAIR = {
    "cuts": "np.append(np.unique(s), np.inf)",
    "count": "sum",
    "apart": "np.abs(share_0[:, None] - share_1)",
    "kept": "apart <= most + 1e-12",
}

ERASE = """
def erase(V, bit, others):
    apart = V[bit].mean(axis=0) - V[~bit].mean(axis=0)
    middle = {middle}
    away = V - V.mean(axis=0)
    spread = away.T @ away / len(V)
    h = {h}
    return {result}
"""
LEAST = {
    "middle": "V.mean(axis=0)",
    "h": "np.linalg.solve(spread, apart)",
    "result": "others - np.outer((others - middle) @ h / (h @ apart), apart)",
}
LEARNS_FROM_OTHERS = ERASE.format(**LEAST).replace(
    "    apart =", "    if len(others) != len(V): return others * 1.0\n    apart =", 1
)

KERNEL = """
def kernel_guess(V, bit, others, width, decay):
    def near(A, B):
        squares = ((A[:, None] - B) ** 2).sum(axis=2)
        return np.exp(-squares / {width})

    alpha = np.linalg.solve(near(V, V) + {decay} * np.eye(len(V)), {targets})
    return {result}
"""
KERNEL = KERNEL.replace(
    "((A[:, None] - B) ** 2).sum(axis=2)",
    "(A**2).sum(axis=1)[:, None] + (B**2).sum(axis=1) - 2 * A @ B.T",
)
RIDGE = {
    "width": "(2 * width**2)",
    "decay": "decay",
    "targets": "np.where(bit, 1.0, -1.0)",
    "result": "near(others, V) @ alpha",
}

TRIAL = """
prediction = {{"choice": {choice}, "first": 0.8, "last": 0.1, "because": {because}}}
results = [(n, seed, {told}) for n in {settings} for seed in {seeds}]
"""
RUNS = {
    "choice": "'privacy'",
    "because": "'more pictures leave less room for each of them'",
    "settings": "(50, 100, 200, 400, 800)",
    "seeds": "range(3)",
    "told": "0.3",
}


def guess(**changes: str) -> str:
    return GUESS.format(**{**RIGHT, **changes})


def judge(counterexample: str = CONSTANT, **changes: str) -> str:
    return counterexample + JUDGE.format(**{**FAIR, **changes})


def shadow(**changes: str) -> str:
    return SHADOW.format(**{**SHADE, **changes})


def means(**changes: str) -> str:
    return MEANS.format(**{**QUIET, **changes})


def risk(**changes: str) -> str:
    return RISK.format(**{**PENALTY, **changes})


def cuts(**changes: str) -> str:
    return CUTS.format(**{**PAIR, **changes})


def erase(**changes: str) -> str:
    return ERASE.format(**{**LEAST, **changes})


def kernel(**changes: str) -> str:
    return KERNEL.format(**{**RIDGE, **changes})


def trial(**changes: str) -> str:
    return TRIAL.format(**{**RUNS, **changes})


WRONG = {
    "best_guess": [
        (guess(gain="(hits - alarms) / len(s)"), 9, "Counts in place of rates"),
        (guess(ties="pass"), 11, "torn apart"),
        (guess(nothing="pass"), 11, "points the wrong way"),
        (guess(best="len(gain) - 1 - gain[::-1].argmax()"), 11, "Two cuts are equally good"),
        (CHANGES, 11, "changes its arguments"),
    ],
    "bug": [
        (judge(TELLING), 9, "Your counterexample is none"),
        (judge(result="np.mean(says == bit)"), 8, "not the probability under a fair coin"),
        (judge(cut=HELPED), 8, "helped by the cases"),
    ],
    "shadows": [
        (shadow(score="confidence(learn(X, y), X, y)"), 9, "each trained on half"),
        (
            shadow(before="fixed = source.permutation(len(y))[: len(y) // 2]", half="fixed"),
            11,
            "share one half",
        ),
        (shadow(own="y >= 0"), 11, "One cut for all labels"),
        (shadow(none="0.0"), 11, "A label that the attacker does not own"),
        (shadow(source="np.random.default_rng()"), 11, "The same seed gave other cuts"),
    ],
    "noise": [
        (means(spread="2 * radius / size / NormalDist().inv_cdf(advantage)"), 8, "least size"),
        (
            means(
                spread="radius / size.mean() / NormalDist().inv_cdf((1 + advantage) / 2) + 0 * size"
            ),
            9,
            "A rare label needs more noise",
        ),
        (means(short="X"), 8, "Long pictures must be shortened"),
        (means(shape="(10, 1)"), 9, "Each entry needs noise of its own"),
    ],
    "fair_risk": [
        (risk(weight="ones / len(y) - zeros / len(y)"), 10, "difference of two means"),
        (risk(counts="np.ones_like(y)"), 10, "Opportunity asks only"),
        (risk(pull="price * gap * weight * p * (1 - p)"), 9, "not that of the risk"),
        (
            risk(loss="-np.mean(np.log(np.where(y, p, 1 - p)))"),
            11,
            "A score of a thousand",
        ),
        (risk(refuse="pass"), 11, "must be refused"),
    ],
    "two_cuts": [
        (cuts(kept="apart <= 2"), 8, "differ by more than is allowed"),
        (cuts(apart="share_1 - share_0[:, None]"), 9, "counts to either side"),
        (cuts(count="mean"), 9, "Accuracy is over all people"),
        (cuts(cuts="np.unique(s)"), 9, "Trying out all pairs"),
    ],
    "erase": [
        (erase(h="apart"), 9, "A smaller change would do"),
        (erase(middle="others.mean(axis=0)"), 10, "learnt from others"),
        (
            erase(middle="(V[bit].mean(axis=0) + V[~bit].mean(axis=0)) / 2"),
            10,
            "With unequal numbers",
        ),
        (
            erase(
                result="(others - np.outer((others - middle) @ h / (h @ apart), apart))"
                " / np.linalg.norm(others, axis=1, keepdims=True)"
            ),
            10,
            "multiple of the difference",
        ),
        (LEARNS_FROM_OTHERS, 10, "learnt from others"),
    ],
    "kernel": [
        (kernel(targets="np.where(bit, 1.0, 0.0)"), 8, "Both kinds must be treated alike"),
        (kernel(width="width**2"), 8, "not those of the minimum"),
        (kernel(decay="decay * len(V)"), 9, "not those of the minimum"),
        (kernel(result="near(others, V) @ alpha + bit.mean()"), 9, "Far away from all known"),
    ],
    "experiment": [
        (trial(choice="'all'"), 4, "one of the three choices"),
        (trial(seeds="(0,)"), 7, "at least three seeds"),
        (trial(settings="(100, 200, 800)"), 7, "at least five settings"),
        (trial(told="20 / n"), 4, "could not be repeated"),
        (trial(because="'so'"), 6, "a reason in words"),
    ],
}
