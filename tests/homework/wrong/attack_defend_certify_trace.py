"""Wrong solutions: for each question, code, the points it may get at most, and part of its hint.

The code takes the place of the question's solution cells. All wrong first solutions are handed in
together, so each question brings a right pen of its own.
"""

STROKE = """
def best_stroke(G, X, each, total):
    room = {room}
    order = {order}
    room = np.take_along_axis(room, order, axis=1)
    left = total - (np.cumsum(room, axis=1) - room)
    stroke = np.zeros_like(X)
    np.put_along_axis(stroke, order, {given}, axis=1)
    return stroke
"""
BEST = {
    "room": "np.where(G > 0, np.minimum(each, 1 - X), 0.0)",
    "order": "np.argsort(-G, axis=1)",
    "given": "np.clip(left, 0, room)",
}
CHANGES = """
def best_stroke(G, X, each, total):
    G[G < 0] = 0
    room = np.where(G > 0, np.minimum(each, 1 - X), 0.0)
    order = np.argsort(-G, axis=1)
    room = np.take_along_axis(room, order, axis=1)
    stroke = np.zeros_like(X)
    left = total - (np.cumsum(room, axis=1) - room)
    np.put_along_axis(stroke, order, np.clip(left, 0, room), axis=1)
    return stroke
"""
PEN = STROKE.format(**BEST).replace("best_stroke", "right_stroke")

ATTACK = (
    PEN
    + """
def ink_attack(net, X, y, each, total, steps):
    V, a, W, b = net
    rows = np.arange(len(y))
    stroke, best = np.zeros_like(X), np.zeros_like(X)
    least = np.full(len(y), np.inf)
    for s in range({steps} + 1):
        hidden = (X + stroke) @ V.T + a
        z = np.maximum(hidden, 0) @ W.T + b
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p = p / p.sum(axis=1, keepdims=True)
        own = z[rows, y]
        z[rows, y] = -np.inf
        rival = z.argmax(axis=1)
        margin = own - z[rows, rival]
        better = {better}
        least[better], best[better] = margin[better], stroke[better]
        worth = ({weights}) @ V
        goal = {goal}
        stroke = stroke + 2 / (s + 2) * (goal - stroke)
    return X + best
"""
)
HARM = {
    "steps": "steps",
    "better": "margin < least",
    "weights": "(W[rival] - W[y]) * (hidden > 0)",
    "goal": "right_stroke(worth, X, each, total)",
}

DEFEND = (
    PEN
    + """
def worst_risk(w, b, X, t, each, total):
    moved = X + right_stroke({worth} * np.ones_like(X), X, each, total)
    m = t * (moved @ w + b)
    share = {share} / {count}
    return {risk}, share @ {at}, share.sum()
"""
)
WORST = {
    "worth": "-t[:, None] * w",
    "share": "-t * np.exp(-np.logaddexp(0, m))",
    "count": "len(t)",
    "risk": "np.logaddexp(0, -m).mean()",
    "at": "moved",
}

CERTIFY = (
    PEN
    + """
def certify(net, X, y, each, total):
    V, a, W, b = net
    n, units = len(X), len(V)
    z = X @ V.T + a
    worth, paper = np.tile(V, (n, 1)), np.repeat(X, units, axis=0)
    rise, fall = (
        (sign * worth * right_stroke(sign * worth, paper, each, {ink}))
        .sum(axis=1).reshape(n, units)
        for sign in (1, -1)
    )
    u, l = z + rise, z - fall
    between = (l < 0) & (u > 0)
    chord = np.where(between, u / np.where(between, u - l, 1), l >= 0)
    below = np.where(between, {below}, l >= 0)
    {bounds}
"""
)
LINES = """least = np.full(n, np.inf)
    for k in range(len(b)):
        c = W[y] - W[k]
        slope = c * np.where(c > 0, below, chord)
        lift = np.where(between & (c < 0), c * chord * l, 0)
        worth = -slope @ V
        lost = (worth * right_stroke(worth, X, each, total)).sum(axis=1)
        bound = (slope * z - {lift}).sum(axis=1) + b[y] - b[k] - lost
        least = np.where({left_out}, least, np.minimum(least, bound))
    return least"""
BOXES = """least = np.full(n, np.inf)
    for k in range(len(b)):
        c = W[y] - W[k]
        bound = (np.maximum(c, 0) * np.maximum(l, 0) + np.minimum(c, 0) * np.maximum(u, 0)).sum(1)
        least = np.where(y == k, least, np.minimum(least, bound + b[y] - b[k]))
    return least"""
ONE_RIVAL = """logits = np.maximum(z, 0) @ W.T + b
    logits[np.arange(n), y] = -np.inf
    rival = logits.argmax(axis=1)
    """
ALL, LIFT = "y == k", "lift"


def certificate(ink="total", below="u > -l", bounds="", lift=LIFT, left_out=ALL):
    lines = bounds or LINES.replace("{lift}", lift).replace("{left_out}", left_out)
    return CERTIFY.replace("{ink}", ink).replace("{below}", below).replace("{bounds}", lines)


TRACE = """
def behind(X, t, decay, x, most):
    P = np.linalg.inv(X.T @ X + decay * np.eye(X.shape[1]))
    theta = P @ (X.T @ t)
    sign, gone = np.sign(x @ theta), []
    for _ in range(min(most, len(t) - 1)):
        push = X @ P
        leverage = (push * X).sum(axis=1)
        rise = {rise}
        rise[gone] = np.inf
        i = int(np.argmin(rise))
        gone.append(i)
        theta = theta - push[i] * (t[i] - X[i] @ theta) / (1 - leverage[i])
        P = P + np.outer(push[i], push[i]) / (1 - leverage[i])
        if sign * (x @ theta) < 0:
            return gone
    return {end}
"""
SIGNED = "-sign * (push @ x) * (t - X @ theta) / (1 - leverage)"
ONCE = """
def behind(X, t, decay, x, most):
    P = np.linalg.inv(X.T @ X + decay * np.eye(X.shape[1]))
    theta = P @ (X.T @ t)
    sign, push = np.sign(x @ theta), X @ P
    order = np.argsort(-sign * (push @ x) * (t - X @ theta) / (1 - (push * X).sum(axis=1)))
    for count in range(1, min(most, len(t) - 1) + 1):
        keep = np.setdiff1d(np.arange(len(t)), order[:count])
        H = X[keep].T @ X[keep] + decay * np.eye(X.shape[1])
        if sign * (x @ np.linalg.solve(H, X[keep].T @ t[keep])) < 0:
            return [int(i) for i in order[:count]]
    return []
"""

EXAMPLE = """
counterexample = {
    "counts": [2, 4, 0, 0, 0, 0, 0, 0, 0, 0],
    "before": [1, 1, 0, 0, 1, 1, 1, 1, 0], "after": [1, 0, 0, 1, 1, 1, 1, 0], "parts": 3,
}
"""
VOTE = """
def vote(learn, X, y, x, parts):
    {pieces}
    votes = [learn(X[piece], y[piece], x) for piece in pieces]
    counts = np.bincount(votes, minlength=10)
    answer = int(counts.argmax())
    lead = counts[answer] - counts - {tie}
    return answer, int(np.delete(lead // 2, answer).min())
"""
HASHED = """home = np.array([piece_of(row, parts) for row in X])
    pieces = [np.flatnonzero(home == p) for p in range(parts)]"""
PLACED = "pieces = [np.arange(len(y))[p::parts] for p in range(parts)]"
TIE = "(np.arange(10) < answer)"

PREDICTION = """
prediction = {"direction": "up", "points": 3, "because": "smaller weights on every pixel"}
results = [(i, s, 0.95, 0.5, 0.75) for i in (0.0, 0.5, 1.0, 2.0, 4.0) for s in %s]
"""

WRONG = {
    "stroke": [
        (STROKE.format(**BEST | {"room": "np.where(G > 0, each, 0.0)"}), 8, "room up to 1"),
        (
            STROKE.format(**BEST | {"room": "np.minimum(each, 1 - X)"}),
            8,
            "A pixel of negative worth gets none",
        ),
        (STROKE.format(**BEST | {"given": "room * (left > 0)"}), 8, "what is left in the pen"),
        (
            STROKE.format(**BEST | {"order": "np.argsort(-G * room, axis=1)"}),
            9,
            "not that of a pixel as a whole",
        ),
        (CHANGES, 9, "changes its arguments"),
    ],
    "attack": [
        (
            ATTACK.format(**HARM | {"weights": "((p - np.eye(len(W))[y]) @ W) * (hidden > 0)"}),
            11,
            "Attack the margin of the logits",
        ),
        (ATTACK.format(**HARM | {"steps": "1"}), 11, "One gradient is not enough"),
        (ATTACK.format(**HARM | {"better": "least > -np.inf"}), 12, "A step can overshoot"),
        (
            ATTACK.format(**HARM | {"goal": "np.minimum(each, 1 - X) * (worth > 0)"}),
            11,
            "not what a pen can do",
        ),
        (
            ATTACK.format(**HARM | {"weights": "(W[y] - W[rival]) * (hidden > 0)"}),
            8,
            "check the sign of the worth",
        ),
    ],
    "defend": [
        (DEFEND.format(**WORST | {"at": "X"}), 7, "and so is the gradient"),
        (DEFEND.format(**WORST | {"worth": "-w"}), 8, "its label decides the direction"),
        (
            DEFEND.format(
                **WORST | {"share": "-t / (1 + np.exp(m))", "risk": "np.log(1 + np.exp(-m)).mean()"}
            ),
            9,
            "The exponential of a thousand is infinite",
        ),
        (
            DEFEND.format(**WORST | {"count": "1", "risk": "np.logaddexp(0, -m).sum()"}),
            5,
            "a mean over the pictures",
        ),
    ],
    "certify": [
        (certificate(bounds=BOXES), 13, "let one stroke act on the sum"),
        (certificate(ink="1e9"), 14, "total belongs into the ranges"),
        (certificate(lift="0"), 13, "the upper line has an intercept"),
        (certificate(below="0.0"), 13, "slope 1 where u exceeds"),
        (
            certificate(bounds=ONE_RIVAL + LINES.format(lift="lift", left_out="rival != k")),
            13,
            "A rival was forgotten",
        ),
    ],
    "trace": [
        (
            TRACE.format(rise="-sign * (push @ x) * (t - X @ theta)", end="[]"),
            12,
            "divide by one minus its leverage",
        ),
        (ONCE, 11, "rank anew after each removal"),
        (TRACE.format(rise=f"-np.abs({SIGNED})", end="[]"), 12, "what counts is the direction"),
        (TRACE.format(rise=SIGNED, end="gone"), 12, "the list is empty"),
        (
            TRACE.format(rise="-np.abs(t - X @ theta)", end="[]"),
            12,
            "An example that speaks against the answer",
        ),
    ],
    "bug": [
        (EXAMPLE + VOTE.format(pieces=HASHED, tie="0"), 10, "wins a tie"),
        (EXAMPLE + VOTE.format(pieces=PLACED, tie=TIE), 9, "not on its place in the list"),
        (
            EXAMPLE.replace("[2, 4, 0", "[4, 2, 0") + VOTE.format(pieces=HASHED, tie=TIE),
            10,
            "For these counts our promise is kept",
        ),
        (
            EXAMPLE.replace('"after": [1, 0, 0, 1', '"after": [1, 1, 0, 1')
            + VOTE.format(pieces=HASHED, tie=TIE),
            9,
            "before and after do not show",
        ),
        (EXAMPLE + VOTE.format(pieces=HASHED, tie="1"), 10, "not the largest that the votes"),
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
