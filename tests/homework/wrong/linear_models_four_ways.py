"""Wrong solutions: for each question, code, the points it may get at most, and part of its hint.

The code takes the place of the question's solution cells.
"""

GRADIENT = """
def risk_and_gradient(W, b, X, y, weights, decay):
    z = X @ W.T + b
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    share = weights / {sum}
    rows = np.arange(len(y))
    risk = -(share * log_p[rows, y]).sum() + decay / 2 * (W**2).sum() {more}
    error = np.exp(log_p)
    error[rows, y] -= 1
    error *= share[:, None]
    return risk, error.T @ X + {decay} * W, error.sum(axis=0) {bias}
"""
RIGHT = {"sum": "weights.sum()", "more": "", "decay": "decay", "bias": ""}
OVERFLOWS = GRADIENT.replace("    z = z - z.max(axis=1, keepdims=True)\n", "")

ATTRIBUTION = """
def attribute_margin(W, x, baseline, target, other):
    return {margin}

def attribute_probability(W, b, x, baseline, target, steps):
    along = {along}
    z = (baseline + along[:, None] * (x - baseline)) @ W.T + b
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    gradients = {gradient}
    return gradients.mean(axis=0) * (x - baseline)
"""
SPLIT = {
    "margin": "(W[target] - W[other]) * (x - baseline)",
    "along": "(np.arange(steps) + 0.5) / steps",
    "gradient": "p[:, target, None] * (W[target] - p @ W)",
}

ATTACK = """
def smallest_attack(W, b, x, norm):
    z = W @ x + b
    c = int(np.argmax(z))
    others = np.delete(np.arange(len(b)), c)
    differences = W[others] - W[c]
    margins = z[c] - z[others]
    sizes = {linf} if norm == "linf" else {l2}
    nearest = int({nearest})
    radius, w = margins[nearest] / sizes[nearest], differences[nearest]
    step = np.sign(w) if norm == "linf" else w / np.linalg.norm(w)
    return radius, x {sign} radius * step
"""
NEAR = {
    "linf": "np.abs(differences).sum(axis=1)",
    "l2": "np.sqrt((differences**2).sum(axis=1))",
    "nearest": "np.argmin(margins / sizes)",
    "sign": "+",
}

OURS = """
def certified_accuracy(W, b, X, y, eps):
    z = X @ W.T + b
    order = np.argsort(z, axis=1)
    first, second = order[:, -1], order[:, -2]
    rows = np.arange(len(y))
    margin = z[rows, first] - z[rows, second]
    reach = eps * np.abs(W[first] - W[second]).sum(axis=1)
    return np.mean({safe})
"""
EXAMPLE = """
counterexample = {
    "W": np.array([[0.0, 0.0], [0.1, 0.0], [5.0, 5.0]]), "b": np.array([1.0, 0.0, -1.0]),
    "x": np.zeros(2), "y": 0, "eps": 0.5,
}
"""
ALL_CLASSES = """
def certified_accuracy(W, b, X, y, eps):
    z = X @ W.T + b
    first, rows = z.argmax(axis=1), np.arange(len(z))
    safe = z[rows, first][:, None] - z > eps * np.abs(W[first][:, None] - W[None]).sum(axis=2)
    safe[rows, first] = True
    return np.mean(safe.all(axis=1))
"""

PREDICTION = """
prediction = {"direction": "up", "factor": 2, "because": "smaller differences of the rows"}
results = [(d, s, 0.87, 0.01 + d) for d in (0.0, 0.001, 0.01, 0.05, 0.1) for s in %s]
"""

WRONG = {
    "gradient": [
        (GRADIENT.format(**RIGHT | {"sum": "1"}), 7, "a mean over the batch, not a sum"),
        (GRADIENT.format(**RIGHT | {"sum": "len(y)"}), 13, "divides by the sum of the weights"),
        (GRADIENT.format(**RIGHT | {"decay": "2 * decay"}), 13, "Its gradient is decay times W"),
        (OVERFLOWS.format(**RIGHT), 14, "subtract the largest logit"),
        (
            GRADIENT.format(**RIGHT | {"more": "+ decay / 2 * b @ b", "bias": "+ decay * b"}),
            13,
            "does not act on b",
        ),
    ],
    "attribution": [
        (
            ATTRIBUTION.format(**SPLIT | {"margin": "W[target] * (x - baseline)"}),
            9,
            "the difference of two rows",
        ),
        (
            ATTRIBUTION.format(**SPLIT | {"along": "np.arange(steps) / steps"}),
            11,
            "in the middle of each step",
        ),
        (
            ATTRIBUTION.format(**SPLIT | {"gradient": "p[:, target, None] * W[target]"}),
            9,
            "not that of a logit",
        ),
        (
            ATTRIBUTION.format(**SPLIT | {"margin": "W[target] - W[other]"}),
            8,
            "equals its baseline explains nothing",
        ),
    ],
    "attack": [
        (ATTACK.format(**NEAR | {"nearest": "np.argmin(margins)"}), 12, "second largest logit"),
        (
            ATTACK.format(**NEAR | {"linf": "np.abs(differences).max(axis=1)"}),
            6,
            "the denominators of the two norms",
        ),
        (ATTACK.format(**NEAR | {"sign": "-"}), 7, "The point must lie on the plane"),
        (ATTACK.format(**NEAR | {"l2": "(differences**2).sum(axis=1)"}), 7, "its length is"),
    ],
    "theft": [
        (
            """
def steal(ask, dimension):
    z = ask(np.vstack([np.zeros(dimension), np.eye(dimension)]))
    z = z - z[:, :1]
    return (z[1:] - z[0]).T, z[0]
""",
            0,
            "The logarithm of a ratio",
        ),
        (
            """
def steal(ask, dimension):
    X = np.random.default_rng(0).normal(size=(dimension + 1, dimension))
    z = np.log(ask(X))
    z = z - z[:, :1]
    found = np.linalg.solve(np.hstack([X, np.ones((dimension + 1, 1))]), z)
    return found[:-1].T, found[-1]
""",
            10,
            "about something that is no picture",
        ),
        (
            """
def steal(ask, dimension):
    X = np.random.default_rng(0).random((4 * dimension, dimension))
    z = np.log(ask(X))
    z = z - z[:, :1]
    found = np.linalg.lstsq(np.hstack([X, np.ones((len(X), 1))]), z, rcond=None)[0]
    return found[:-1].T, found[-1]
""",
            10,
            "Too many pictures",
        ),
        (
            """
def steal(ask, dimension):
    z = np.log(ask(np.vstack([np.zeros(dimension), np.eye(dimension)])))
    return (z[1:] - z[0]).T, z[0]
""",
            12,
            "the one whose first class has zeros",
        ),
    ],
    "bug": [
        (EXAMPLE + OURS.format(safe="margin > reach"), 6, "All classes must be compared"),
        (
            EXAMPLE + OURS.format(safe="(margin > reach) & (first == y)"),
            10,
            "arrive first",
        ),
        (EXAMPLE + ALL_CLASSES, 10, "robustly wrong is not safe"),
        (
            EXAMPLE.replace("0.5,\n}", "0.01,\n}") + ALL_CLASSES,
            6,
            "Your counterexample is none",
        ),
    ],
    "experiment": [
        (PREDICTION % "(0, 1, 2)", 2, "could not be repeated"),
        (PREDICTION % "(0,)", 1, "three seeds for each"),
        (
            (PREDICTION % "(0, 1, 2)").replace('"up"', '"better"'),
            1,
            "The prediction needs a direction",
        ),
    ],
}
