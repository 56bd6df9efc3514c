/** Attacks in the largest-change norm, and the noise that they are compared with. */

/**
 * Signed-gradient steps from `x`, kept within `eps` of it and within [0, 1]; one step is FGSM.
 * Away from the class `label`, or towards `target` where that is not null. Writes into `out`.
 */
export function signedSteps(network, x, out, { label, target = null, eps, steps = 1 }) {
  const direction = target === null ? 1 : -1;
  const stepSize = steps === 1 ? eps : eps / 4;
  out.set(x);
  for (let step = 0; step < steps; step++) {
    const gradient = network.inputGradient(out, target ?? label);
    for (let i = 0; i < x.length; i++) {
      const moved = out[i] + direction * stepSize * Math.sign(gradient[i]);
      out[i] = clamp(moved, Math.max(0, x[i] - eps), Math.min(1, x[i] + eps));
    }
  }
  return out;
}

/** Adds `eps` times a random sign to every pixel, within [0, 1]; the signs depend on `seed` alone. */
export function randomSigns(x, out, { eps, seed }) {
  for (let i = 0; i < x.length; i++) out[i] = clamp(x[i] + eps * sign(seed, i), 0, 1);
  return out;
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/** Number `i` of the stream `seed` of the generator mulberry32, as a sign. */
function sign(seed, i) {
  let t = (seed + Math.imul(i + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) < 0 ? -1 : 1;
}
