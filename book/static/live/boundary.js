/** The mathematics of the lab "decision boundary": two linear models trained by gradient descent. */

export const DIVERGED = 1e6; // a risk beyond this ends the training

const COUNTS = { line: 3, curve: 6 };

/** The features of a point: (1, x1, x2), and for a curve the products of its coordinates. */
export function features(model, x1, x2) {
  return model === "line" ? [1, x1, x2] : [1, x1, x2, x1 * x1, x1 * x2, x2 * x2];
}

/** All features, row by row, and the labels as 1 and -1. */
export function design(model, points) {
  const width = COUNTS[model];
  const rows = new Float64Array(points.length * width);
  const signs = new Float64Array(points.length);
  points.forEach(([x1, x2, label], i) => {
    rows.set(features(model, x1, x2), i * width);
    signs[i] = label ? 1 : -1;
  });
  return { rows, signs, width, n: points.length };
}

export function score(rows, at, weights) {
  let sum = 0;
  for (let j = 0; j < weights.length; j++) sum += rows[at + j] * weights[j];
  return sum;
}

const sigmoid = (z) => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)));

// each loss as a function of the margin, and its derivative
const LOSSES = {
  logistic: {
    value: (m) => Math.max(-m, 0) + Math.log1p(Math.exp(-Math.abs(m))),
    slope: (m) => -sigmoid(-m),
    curvature: 0.25,
  },
  squared: { value: (m) => (m - 1) ** 2 / 2, slope: (m) => m - 1, curvature: 1 },
};

/** The empirical risk of `weights`; writes its gradient into `gradient`. */
export function risk({ rows, signs, width, n }, loss, weights, gradient) {
  const { value, slope } = LOSSES[loss];
  let total = 0;
  gradient.fill(0);
  for (let i = 0; i < n; i++) {
    const margin = signs[i] * score(rows, i * width, weights);
    total += value(margin);
    const pull = (signs[i] * slope(margin)) / n;
    for (let j = 0; j < width; j++) gradient[j] += pull * rows[i * width + j];
  }
  return total / n;
}

/**
 * Gradient descent from zero. `risks[k]` and `path[k]` belong to the weights after k steps; both
 * end early, at step `diverged`, where the risk passes a million.
 */
export function descend(data, { loss, rate, steps }) {
  const gradient = new Float64Array(data.width);
  let weights = new Float64Array(data.width);
  const path = [weights];
  const risks = [risk(data, loss, weights, gradient)];
  for (let k = 1; k <= steps; k++) {
    weights = weights.map((w, j) => w - rate * gradient[j]);
    path.push(weights);
    risks.push(risk(data, loss, weights, gradient));
    if (!(risks[k] <= DIVERGED)) return { path, risks, diverged: k };
  }
  return { path, risks, diverged: null };
}

/** Up to this rate no step can raise the risk: 2/L, with L by power iteration. */
export function safeRate({ rows, width, n }, loss) {
  const moments = new Float64Array(width * width);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < width; k++) {
        moments[j * width + k] += (rows[i * width + j] * rows[i * width + k]) / n;
      }
    }
  }
  let v = new Float64Array(width).fill(1);
  let largest = 0;
  for (let round = 0; round < 200; round++) {
    const next = v.map((_, j) => score(moments, j * width, v));
    largest = Math.hypot(...next);
    v = next.map((value) => value / largest);
  }
  return 2 / (LOSSES[loss].curvature * largest);
}

/** How many points have a score of the right sign. */
export function right({ rows, signs, width, n }, weights) {
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (score(rows, i * width, weights) > 0 === signs[i] > 0) count++;
  }
  return count;
}

/** At how many of the first `steps` steps the risk rose. */
export function rises(risks, steps) {
  let count = 0;
  for (let k = 1; k <= Math.min(steps, risks.length - 1); k++) {
    if (risks[k] > risks[k - 1] + 1e-9) count++;
  }
  return count;
}

/** A rate with two digits. */
export function plain(rate) {
  return rate.toFixed(Math.max(0, 1 - Math.floor(Math.log10(rate) + 1e-9)));
}

/** What is to be seen, in words: the same as in `sdl_lib.live.decision_boundary`. */
export function sentence({ data, fresh, run, rate, step }) {
  const { risks, path, diverged } = run;
  const began = risks[0].toFixed(3);
  if (step === 0) {
    return `Before the first step every point has the score 0, and the empirical risk is ${began}.`;
  }
  if (diverged !== null && step >= diverged) {
    return `At rate ${plain(rate)} the risk passes a million at step ${diverged}: training has diverged.`;
  }
  const rose = rises(risks, step);
  const how = rose ? `rose at ${rose} of them` : "fell at every step";
  const sides = `${right(data, path[step])} of ${data.n} points and ${right(fresh, path[step])} of ${fresh.n} fresh ones`;
  return (
    `After ${step} step${step === 1 ? "" : "s"} at rate ${plain(rate)} the empirical risk is ` +
    `${risks[step].toFixed(3)}, from ${began}; it ${how}. ${sides} lie on the right side.`
  );
}
