/** One strong and many weak Gaussian features: a sample, a logistic regression, its exact bias. */

export const STRIDE = 104; // numbers a row: one for its class, one unused, two for each pair
const WEAK_SD = 3;

/** A number in (0, 1) for each place: Wellons' hash lowbias32. */
function uniform(place) {
  let x = place >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (((x ^ (x >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

/** The first n rows of a sample: `x`, row by row with `width` features, and the classes `y`. */
export function draw(n, width, sample, prior) {
  const x = new Float64Array(n * width);
  const y = new Uint8Array(n);
  const start = Math.imul(sample, 0x9e3779b9);
  for (let i = 0; i < n; i++) {
    const place = start + i * STRIDE;
    const positive = uniform(place) < prior;
    y[i] = positive ? 1 : 0;
    for (let j = 0; j < width; j += 2) {
      const size = Math.sqrt(-2 * Math.log(uniform(place + 2 + j)));
      const turn = 2 * Math.PI * uniform(place + 3 + j);
      x[i * width + j] = value(j, size * Math.cos(turn), positive);
      if (j + 1 < width) x[i * width + j + 1] = value(j + 1, size * Math.sin(turn), positive);
    }
  }
  return { x, y, n, width };
}

function value(j, noise, positive) {
  if (j === 0) return (positive ? 1 : -1) + noise;
  return (positive ? 1 : 0) + WEAK_SD * noise;
}

/** Logistic regression by gradient descent in steps of ten rows, on the first d features. */
export function train({ x, y, n, width }, d, { lr = 0.05, epochs = 10, batch = 10 } = {}) {
  const w = new Float64Array(d);
  const slope = new Float64Array(d);
  let b = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let from = 0; from < n; from += batch) {
      const to = Math.min(n, from + batch);
      let total = 0;
      slope.fill(0);
      for (let i = from; i < to; i++) {
        const row = i * width;
        let z = b;
        for (let j = 0; j < d; j++) z += w[j] * x[row + j];
        const error = y[i] - 1 / (1 + Math.exp(-z));
        total += error;
        for (let j = 0; j < d; j++) slope[j] += error * x[row + j];
      }
      const step = lr / (to - from);
      for (let j = 0; j < d; j++) w[j] += step * slope[j];
      b += step * total;
    }
  }
  return { w, b };
}

/** Bias and accuracy of a linear rule on the whole distribution. */
export function behaviour({ w, b }, prior) {
  let [high, low, square] = [b, b, 0];
  w.forEach((weight, j) => {
    high += weight;
    low -= j === 0 ? weight : 0;
    square += (weight * (j === 0 ? 1 : WEAK_SD)) ** 2;
  });
  const spread = Math.sqrt(square);
  const yes = gaussian(high / spread);
  const no = 1 - gaussian(low / spread);
  return {
    bias: prior * yes + (1 - prior) * (1 - no) - prior,
    accuracy: prior * yes + (1 - prior) * no,
  };
}

/** The most accurate rule. */
export function best(d, prior) {
  const w = new Float64Array(d).fill(1 / WEAK_SD ** 2);
  w[0] = 2;
  return { w, b: Math.log(prior / (1 - prior)) - (d - 1) / (2 * WEAK_SD ** 2) };
}

/** The Gaussian distribution function, to 1e-7 (Abramowitz and Stegun 7.1.26). */
function gaussian(z) {
  const t = 1 / (1 + (0.3275911 * Math.abs(z)) / Math.SQRT2);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp((-z * z) / 2)) / 2;
  return z < 0 ? tail : 1 - tail;
}

/** What came of a sample of n examples with `count` weak features. */
export function look(sample, count, prior) {
  const rule = train(sample, count + 1);
  const { bias: unavoidable } = behaviour(best(count + 1, prior), prior);
  return { ...rule, ...behaviour(rule, prior), unavoidable };
}

const signed = (number, digits) => (number < 0 ? "" : "+") + number.toFixed(digits);

/** How much more a weak feature weighs than it should, in proportion to the strong one. */
export function overrated(w) {
  const weak = w.subarray(1);
  return (18 * weak.reduce((sum, v) => sum + v, 0)) / weak.length / w[0];
}

/** What is to be seen, in words: the same as in a notebook. */
export function sentence(seen, n, count, prior) {
  const said =
    `With ${n} examples and ${count} weak feature${count === 1 ? "" : "s"} the rule says yes to ` +
    `${(100 * (prior + seen.bias)).toFixed(1)}%, where the truth is 70.0%: a bias of ` +
    `${signed(seen.bias, 3)}, of which ${signed(seen.unavoidable, 3)} is unavoidable. ` +
    `It is right for ${(100 * seen.accuracy).toFixed(1)}%.`;
  if (!count) return said;
  return `${said} A weak feature weighs ${overrated(seen.w).toFixed(1)} times its due.`;
}
