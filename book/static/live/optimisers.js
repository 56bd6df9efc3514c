/**
 * Four optimisers on a quadratic bowl f(w) = w'Aw / 2 in the plane, as in `sdl_lib.optimisers`.
 * A path is an array of steps + 1 points, one number after the other: x0, y0, x1, y1, ...
 */

const BETAS = [0.9, 0.999]; // Adam's
const EPS = 1e-8;
const TURN = Math.PI / 4;

/** The matrix [a, b, d] of [[a, b], [b, d]], with curvatures 1/kappa and 1, upright or turned. */
export function bowl(kappa, turned) {
  const c = turned ? Math.cos(TURN) : 1;
  const s = turned ? Math.sin(TURN) : 0;
  const flat = 1 / kappa;
  return [c * c * flat + s * s, c * s * flat - c * s, s * s * flat + c * c];
}

export const height = ([a, b, d], x, y) => 0.5 * (a * x * x + 2 * b * x * y + d * y * y);

export function gd(bowl, start, { lr, steps }) {
  return walk(bowl, start, steps, (w, g) => {
    for (let i = 0; i < 2; i++) w[i] -= lr * g[i];
  });
}

export function momentum(bowl, start, { lr, beta, steps }) {
  const v = [0, 0];
  return walk(bowl, start, steps, (w, g) => {
    for (let i = 0; i < 2; i++) {
      v[i] = beta * v[i] + g[i];
      w[i] -= lr * v[i];
    }
  });
}

export function adam(bowl, start, { lr, steps }) {
  const m = [0, 0];
  const v = [0, 0];
  return walk(bowl, start, steps, (w, g, t) => {
    for (let i = 0; i < 2; i++) {
      m[i] = BETAS[0] * m[i] + (1 - BETAS[0]) * g[i];
      v[i] = BETAS[1] * v[i] + (1 - BETAS[1]) * g[i] ** 2;
      const mean = m[i] / (1 - BETAS[0] ** t);
      const square = v[i] / (1 - BETAS[1] ** t);
      w[i] -= (lr * mean) / (Math.sqrt(square) + EPS);
    }
  });
}

export function newton(bowl, start, { steps }) {
  const [a, b, d] = bowl;
  const determinant = a * d - b * b;
  return walk(bowl, start, steps, (w, g) => {
    w[0] -= (d * g[0] - b * g[1]) / determinant;
    w[1] -= (a * g[1] - b * g[0]) / determinant;
  });
}

function walk([a, b, d], start, steps, step) {
  const path = new Float64Array(2 * (steps + 1));
  const w = [...start];
  path.set(w);
  for (let t = 1; t <= steps; t++) {
    step(w, [a * w[0] + b * w[1], b * w[0] + d * w[1]], t);
    path.set(w, 2 * t);
  }
  return path;
}

/** The heights of the points of a path. */
export function lossesOf(bowl, path) {
  return Float64Array.from({ length: path.length / 2 }, (_, t) =>
    height(bowl, path[2 * t], path[2 * t + 1]),
  );
}

/** The first step from which the loss stays within `share` of that at the start; null for never. */
export function stepsNeeded(losses, share) {
  let last = -1;
  losses.forEach((loss, t) => {
    if (!(loss <= share * losses[0])) last = t;
  });
  return last + 1 < losses.length ? last + 1 : null;
}
