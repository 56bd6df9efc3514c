/** Data N(0, 1) against a generator N(mean, sd), as in `sdl_lib.gan.gaussians`: D at its best. */

const REACH = 9; // standard deviations to either side
const POINTS = 4001;

const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
const sigmoid = (t) => 1 / (1 + Math.exp(-t));

/** The densities, and the logit of D*, at one point. */
export function at(x, mean, sd) {
  const z = (x - mean) / sd;
  const p = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  const q = Math.exp((-z * z) / 2) / (sd * Math.sqrt(2 * Math.PI));
  const logit = (z * z - x * x) / 2 + Math.log(sd);
  return { z, p, q, logit, best: sigmoid(logit) };
}

/** Both distances, and both gradients of the generator by [mean, sd], with D held at D*. */
export function look(mean, sd) {
  const low = Math.min(-REACH, mean - REACH * sd);
  const high = Math.max(REACH, mean + REACH * sd);
  const width = (high - low) / (POINTS - 1);
  let value = 0;
  const minimax = [0, 0];
  const nonSaturating = [0, 0];
  for (let i = 0; i < POINTS; i++) {
    const x = low + i * width;
    const { z, p, q, logit, best } = at(x, mean, sd);
    value -= width * (p * softplus(-logit) + q * softplus(logit));
    const slope = (z / sd - x) * q * width; // of the logit, as often as G goes there
    [1, z].forEach((along, k) => {
      minimax[k] -= slope * along * best;
      nonSaturating[k] -= slope * along * sigmoid(-logit);
    });
  }
  const w1 = carried(Math.abs(mean), Math.abs(sd - 1));
  return { jsd: (value + Math.log(4)) / 2, w1, minimax, nonSaturating };
}

/** The mean size of shift + stretch z: z goes to mean + sd z, and nothing passes anything. */
function carried(shift, stretch) {
  if (stretch === 0) return shift;
  const r = shift / stretch;
  const bell = Math.sqrt(2 / Math.PI) * Math.exp((-r * r) / 2);
  return stretch * bell + shift * erf(r / Math.SQRT2);
}

/** The error function for t >= 0: its series of positive terms, which is short up to t = 6. */
function erf(t) {
  if (t > 6) return 1;
  let term = t;
  let sum = t;
  for (let n = 1; term > 1e-17 * sum; n++) {
    term *= (2 * t * t) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-t * t) * sum;
}

const size = (gradient) => Math.hypot(...gradient);

/** What is to be seen, in words: the same as in a notebook. */
export function sentence({ jsd, w1, minimax, nonSaturating }, mean, sd) {
  return (
    `Generator N(${mean.toFixed(2)}, ${sd.toFixed(2)}): the JSD is ${jsd.toFixed(4)} of at most ` +
    `0.6931, and W1 is ${w1.toFixed(4)}. The minimax gradient has size ` +
    `${size(minimax).toFixed(4)}, the non-saturating one ${size(nonSaturating).toFixed(4)}.`
  );
}
