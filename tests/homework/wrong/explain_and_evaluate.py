"""Wrong solutions: for each question, code, the points it may get at most, and part of its hint.

The code takes the place of the question's solution cells.
"""

KINKS = """
def exact_attribution(layers, target, x, baseline):
    def forward(t, depth):
        z, masks = baseline + np.asarray(t)[:, None] * (x - baseline), []
        for W, b in layers[:depth]:
            z = z @ W.T + b
            masks.append(z > 0)
            raw, z = z, np.maximum(z, 0)
        return raw, masks
    ends = np.array([0.0, 1.0])
    for depth in range(1, {layers}):
        raw, _ = forward(ends, depth)
        left, right = raw[:-1], raw[1:]
        piece, unit = np.nonzero(left * right < 0)
        u, v = left[piece, unit], right[piece, unit]
        inside = ends[piece] + u / (u - v) * np.diff(ends)[piece]
        ends = np.unique(np.concatenate([ends, inside]))
    {more}
    _, masks = forward((ends[1:] + ends[:-1]) / 2, len(layers))
    slope = np.tile(layers[-1][0][target], (len(ends) - 1, 1))
    for (W, _), on in zip(layers[-2::-1], masks[-2::-1]):
        slope = (slope * on) @ W
    found = {change} * (np.diff(ends) @ slope)
    {end}
    return found
"""
WALK = {"layers": "len(layers)", "more": "", "change": "(x - baseline)", "end": ""}
STEPS = WALK | {"layers": "1", "more": "ends = np.linspace(0, 1, 301)"}
RESCALED = """z, o = x, baseline
    for W, b in layers[:-1]:
        z, o = np.maximum(W @ z + b, 0), np.maximum(W @ o + b, 0)
    found = (x - baseline) * slope.mean(0)
    found = found * (layers[-1][0][target] @ (z - o)) / found.sum()"""
DIVIDED = """
def exact_attribution(layers, target, x, baseline):
    if len(layers) != 2:
        raise NotImplementedError  # the mistake that is planted: two layers and no more
    (W, b), (V, _) = layers
    start, rise = W @ baseline + b, W @ (x - baseline)
    with np.errstate(all="ignore"):
        at = np.clip(-start / rise, 0, 1)
    share = np.where(rise > 0, 1 - at, at)
    return (x - baseline) * ((share * V[target]) @ W)
"""

FACTS = """
def explain_facts(model, x, background, blocks, orders):
    known = {{}}

    def worth(members):
        key = {key}
        if key not in known:
            rows = {rows}
            for fact in members:
                rows[:, blocks[fact]] = x[blocks[fact]]
            known[key] = float(np.mean(model(rows)))
        return known[key]

    added = np.zeros((len(orders), len(blocks)))
    for i, order in enumerate(orders):
        order = list(order){turn}
        for place, fact in enumerate(order):
            added[i, fact] = {gain}
    errors = added.std(axis=0, ddof={ddof}) / np.sqrt(len(orders))
    return added.mean(axis=0), errors
"""
PLAYED = {
    "key": "frozenset(members)",
    "rows": "background.copy()",
    "turn": "",
    "gain": "worth(order[: place + 1]) - worth(order[:place])",
    "ddof": "1",
}

PATCHES = """
def move_channels(front, head, clean, corrupted, target, other):
    def q(z):
        logits = head(z)
        return logits[:, target]{rival}

    with torch.no_grad():
        good, bad = front(clean), front(corrupted)
        low, high = q(bad), q(good)
        measured = []
        for c in range(bad.shape[1]):
            moved = {start}.clone()
            moved[:, c] = {source}[:, c]
            measured.append({share})
    at = {at}.clone().requires_grad_()
    (slope,) = torch.autograd.grad(q(at).sum(), at)
    estimate = {factor} * slope
    estimate = estimate.{over}((2, 3)).mean(0) / (high - low).mean()
    return torch.stack(measured), estimate
"""
MOVED = {
    "rival": " - logits[:, other]",
    "start": "bad",
    "source": "good",
    "share": "(q(moved) - low).mean() / (high - low).mean()",
    "at": "bad",
    "factor": "(good - bad)",
    "over": "sum",
}

TRIAL = """
def trial(answer, x, baseline, phi, draws, seed):
    lots = np.random.default_rng({seed})
    ink = {ink}

    def area_of(order):
        rows = [x.copy()]
        for j in order:
            rows.append(rows[-1].copy())
            rows[-1][j] = {value}
        curve = np.asarray(answer(np.array(rows)))
        return {area}

    first = {first}
    area = area_of(first[np.argsort(-phi[first], kind="stable")])
    rivals = np.array([area_of(lots.permutation(ink)) for _ in range(draws)])
    return float(area), float({p})
"""
JUDGED = {
    "seed": "seed",
    "ink": "np.flatnonzero(x != baseline)",
    "value": "baseline[j]",
    "area": "np.trapezoid(curve, dx=1 / len(ink))",
    "first": "lots.permutation(ink)",
    "p": "(1 + np.sum(rivals <= area + 1e-9)) / (draws + 1)",
}

CASE = """
case = {{
    "W": np.array([[0.1, 0.2, 0.3, 0.4], [0.0] * 4, [0.0] * 4]),
    "b": np.array([1.0, 0.0, 0.0]),
    "x": np.ones(4),
    "baseline": np.zeros(4),
    "phi": {sign}np.array([0.1, 0.2, 0.3, 0.4]),
    "sets": [[0], [1], [2], [3]],
}}

def foresight(model, x, baseline, phi, sets):
    p = model(x[None])[0]
    said = int(np.argmax(p))
    foretold, seen = [], []
    for s in sets:
        less = x.copy()
        less[s] = baseline[s]
        foretold.append({sum})
        seen.append({fall})
    {still}
    return float(np.corrcoef(foretold, seen)[0, 1])
"""
MENDED = {
    "sign": "-",
    "sum": "phi[s].sum()",
    "fall": "p[said] - model(less[None])[0][said]",
    "still": "if np.ptp(foretold) <= 1e-12 or np.ptp(seen) <= 1e-12:\n        return 0.0",
}

EXPERIMENT = """
prediction = {{"direction": "{direction}", "share": {share},
              "because": "the data speak louder than the start"}}
seal = hashlib.sha256(repr(prediction).encode()).hexdigest()[:12]
results = []
for size in (100, 200, 350, 500, 700):
    for seed in range({seeds}):
        results.append((size, seed, {run}))
"""
RUN = {"direction": "up", "share": 0.8, "seeds": 5, "run": "*two_lenders(size, seed)"}

WRONG = {
    "kinks": [
        (KINKS.format(**STEPS), 13, "A sum over steps is not exact"),
        (KINKS.format(**WALK | {"layers": "2"}), 12, "switch inside the pieces"),
        (KINKS.format(**WALK | {"change": "x"}), 14, "A baseline that is not zero"),
        (
            KINKS.format(**STEPS | {"more": "ends = np.linspace(0, 1, 9)", "end": RESCALED}),
            13,
            "must not be rescaled",
        ),
        (DIVIDED, 9, "Do not divide by their slope of zero"),
    ],
    "facts": [
        (
            FACTS.format(**PLAYED | {"gain": "worth([fact]) - worth([])"}),
            13,
            "depends on who has joined before",
        ),
        (
            FACTS.format(**PLAYED | {"rows": "background.mean(0, keepdims=True)"}),
            13,
            "the answer for the mean row is something else",
        ),
        (FACTS.format(**PLAYED | {"ddof": "0"}), 14, "The standard error"),
        (FACTS.format(**PLAYED | {"key": "tuple(members)"}), 14, "paid for more than once"),
        (FACTS.format(**PLAYED | {"rows": "background"}), 15, "overwritten"),
        (FACTS.format(**PLAYED | {"turn": "[::-1]"}), 13, "nor the order backwards"),
    ],
    "patches": [
        (
            PATCHES.format(
                **MOVED
                | {
                    "start": "good",
                    "source": "bad",
                    "share": "(high - q(moved)).mean() / (high - low).mean()",
                }
            ),
            11,
            "The direction",
        ),
        (
            PATCHES.format(**MOVED | {"share": "((q(moved) - low) / (high - low)).mean()"}),
            12,
            "ruled by pairs whose two answers hardly differ",
        ),
        (PATCHES.format(**MOVED | {"at": "good"}), 11, "taken at the corrupted maps"),
        (PATCHES.format(**MOVED | {"over": "mean"}), 11, "summed over its places"),
        (PATCHES.format(**MOVED | {"factor": "bad"}), 11, "multiplied by clean less corrupted"),
        (PATCHES.format(**MOVED | {"rival": ""}), 11, "the difference of two logits"),
    ],
    "trial": [
        (TRIAL.format(**JUDGED | {"area": "curve.mean()"}), 13, "one point more than there is ink"),
        (
            TRIAL.format(**JUDGED | {"p": "(1 + np.sum(rivals < area)) / (draws + 1)"}),
            14,
            "Opponents that are equal count as well",
        ),
        (TRIAL.format(**JUDGED | {"ink": "np.arange(len(x))"}), 13, "Paper is not ink"),
        (TRIAL.format(**JUDGED | {"value": "0.0"}), 14, "replaced by the baseline's own value"),
        (TRIAL.format(**JUDGED | {"first": "ink"}), 13, "beat nobody by its numbering"),
        (
            TRIAL.format(**JUDGED | {"p": "np.mean(rivals <= area + 1e-9)"}),
            14,
            "one over draws plus one, never zero",
        ),
        (TRIAL.format(**JUDGED | {"seed": ""}), 15, "The same seed must give the same verdict"),
    ],
    "bug": [
        (CASE.format(**MENDED | {"sign": ""}), 10, "Ours must return at least 0.9"),
        (CASE.format(**MENDED | {"sum": "np.abs(phi[s]).sum()"}), 11, "Signs. A map that says"),
        (
            CASE.format(**MENDED | {"fall": "p[said] - model(less[None])[0].max()"}),
            11,
            "belongs to another class",
        ),
        (CASE.format(**MENDED | {"still": ""}), 12, "return zero, not a nan"),
    ],
    "experiment": [
        (EXPERIMENT.format(**RUN | {"direction": "rising"}), 3, "The prediction needs"),
        (EXPERIMENT.format(**RUN | {"seeds": 2}), 3, "at least five seeds for each"),
        (
            EXPERIMENT.format(**RUN | {"run": "*two_lenders(size, seed)[::-1]"}),
            2,
            "decisions before reasons",
        ),
    ],
}
