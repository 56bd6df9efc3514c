/** Ways through a latent space: the same as `sdl_lib.gan.latent`. */

/** The point at a `share` of the way from `a` to `b` along the arc between them, in `out`. */
export function slerp(a, b, share, out = new Float64Array(a.length)) {
  const cosine = dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  const near = sine < 1e-4; // the arc is a line
  const left = near ? 1 - share : Math.sin((1 - share) * angle) / sine;
  const right = near ? share : Math.sin(share * angle) / sine;
  for (let i = 0; i < out.length; i++) out[i] = left * a[i] + right * b[i];
  return out;
}

/** Adds `steps` times a direction to `z`. */
export function aside(z, direction, steps) {
  for (let i = 0; i < z.length; i++) z[i] += steps * direction[i];
  return z;
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
