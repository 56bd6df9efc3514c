/** Toy models of superposition, x' = ReLU(W'Wx + b): trained step by step, several at once. */

export class Toys {
  /** `setup` is `lab.json`; `starts` holds the first weights of each model, two rows of five. */
  constructor(setup, starts, sparsity) {
    this.setup = setup;
    const { features: n, points } = setup;
    this.chance = chances(setup.patterns, n, sparsity);
    this.x = Float64Array.from(points.flat());
    this.models = starts.map((rows) => newModel(Float64Array.from(rows.flat()), n));
    this.t = 0;
    this.losses = this.models.map(() => NaN);
  }

  get done() {
    return this.t >= this.setup.steps;
  }

  /** One step of Adam for each model; after the last, the losses of what came out. */
  step() {
    const { steps, lr } = this.setup;
    const rate = lr * Math.min(1, (4 * (steps - this.t)) / steps);
    this.t++;
    this.models.forEach((model, i) => {
      this.losses[i] = this.gradient(model);
      adam(model, rate, this.t);
    });
    if (this.done) this.models.forEach((model, i) => (this.losses[i] = this.gradient(model)));
  }

  get best() {
    return this.losses.indexOf(Math.min(...this.losses));
  }

  /** The loss of a model; its gradient goes to `model.g`: ten weights, then five biases. */
  gradient({ p, g }) {
    const { features: n, importance } = this.setup;
    const { x, chance } = this;
    const dz = new Float64Array(n);
    let loss = 0;
    g.fill(0);
    for (let r = 0, at = 0; r < chance.length; r++, at += n) {
      if (chance[r] === 0) continue;
      let h0 = 0;
      let h1 = 0;
      for (let j = 0; j < n; j++) {
        h0 += p[j] * x[at + j];
        h1 += p[n + j] * x[at + j];
      }
      let d0 = 0;
      let d1 = 0;
      for (let j = 0; j < n; j++) {
        const z = p[j] * h0 + p[n + j] * h1 + p[2 * n + j];
        const error = Math.max(z, 0) - x[at + j];
        loss += chance[r] * importance[j] * error * error;
        dz[j] = z > 0 ? 2 * chance[r] * importance[j] * error : 0;
        d0 += p[j] * dz[j];
        d1 += p[n + j] * dz[j];
      }
      for (let j = 0; j < n; j++) {
        g[j] += h0 * dz[j] + d0 * x[at + j];
        g[n + j] += h1 * dz[j] + d1 * x[at + j];
        g[2 * n + j] += dz[j];
      }
    }
    return loss;
  }
}

function newModel(weights, n) {
  const p = new Float64Array(3 * n);
  p.set(weights);
  return { p, g: new Float64Array(3 * n), m: new Float64Array(3 * n), v: new Float64Array(3 * n) };
}

/** The chance of each point: of its pattern of zeros, shared among the pattern's points. */
function chances(patterns, n, sparsity) {
  return patterns.flatMap(([active, count]) => {
    const chance = (1 - sparsity) ** active * sparsity ** (n - active);
    return new Array(count).fill(chance / count);
  });
}

function adam({ p, g, m, v }, rate, t) {
  const size = rate / (1 - 0.9 ** t);
  const spread = Math.sqrt(1 - 0.999 ** t);
  for (let i = 0; i < p.length; i++) {
    m[i] = 0.9 * m[i] + 0.1 * g[i];
    v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
    p[i] -= (size * m[i]) / (Math.sqrt(v[i]) / spread + 1e-8);
  }
}

/** Column lengths, shape (features,), of weights: a row, then the other. */
export function lengths(p, n) {
  return Array.from({ length: n }, (_, j) => Math.hypot(p[j], p[n + j]));
}

/** The share of a dimension that each feature has to itself. */
export function shares(p, n) {
  return lengths(p, n).map((length, i) => {
    let shared = 0;
    for (let j = 0; j < n; j++) shared += (p[i] * p[j] + p[n + i] * p[n + j]) ** 2;
    return shared > 0 ? length ** 4 / shared : 0;
  });
}

/** Degrees between the two nearest of the directions longer than `least`. */
export function smallestAngle(p, n, least) {
  const long = [...lengths(p, n).keys()].filter((j) => Math.hypot(p[j], p[n + j]) > least);
  const turned = long.map((j) => (Math.atan2(p[n + j], p[j]) * 180) / Math.PI).sort((a, b) => a - b);
  const gaps = turned.map((angle, k) => (k + 1 < turned.length ? turned[k + 1] : turned[0] + 360) - angle);
  return Math.min(...gaps, 180);
}
