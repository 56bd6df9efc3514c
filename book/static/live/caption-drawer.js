/** Draws a picture after a caption, as `CaptionGenerator` does, and reads it, as `read_captions`. */

export const SIDE = 32;
const PIXELS = SIDE * SIDE;
const FIRST = [4.5, 7]; // radii of the first thing, small and large
const OTHER = [5.5];
const LOW = 0.15; // radii from a triangle's place down to its centre of mass

/** What a network takes: one of each slot's words is 1, the others 0. */
export function encode(slots, words) {
  return slots.flatMap((slot, i) => slot.words.map((_, k) => (k === words[i] ? 1 : 0)));
}

export function caption(slots, words) {
  const [size, colour, shape, relation, other, what] = slots.map((s, i) => s.words[words[i]]);
  return `a ${size} ${colour} ${shape} ${relation} a ${other} ${what}`;
}

/** The picture, three planes in [0, 1], in `out`. The caption scales and shifts every channel. */
export function draw({ drawer, styles }, z, code, out = new Float64Array(3 * PIXELS)) {
  const style = styles.forward(code);
  let x = Float64Array.of(...z, ...code);
  let at = 0;
  for (const layer of drawer.layers) {
    if (layer.slope !== undefined) at = restyle(x, layer.shape, style, at); // before each ReLU
    x = layer.forward(x);
  }
  for (let i = 0; i < out.length; i++) out[i] = (x[i] + 1) / 2;
  return out;
}

function restyle(x, [channels, height, width], style, at) {
  const size = height * width;
  for (let c = 0; c < channels; c++) {
    const scale = style[at + c];
    const shift = style[at + channels + c];
    for (let i = c * size; i < (c + 1) * size; i++) x[i] = scale * x[i] + shift;
  }
  return at + 2 * channels;
}

/** The word numbers of the caption that fits a picture best. */
export function read(picture, { paper, unmix }) {
  const things = shares(picture, paper, unmix).map((cover, colour) => ({ colour, cover, ...middle(cover) }));
  things.sort((a, b) => b.mass - a.mass);
  const [first, other] = things.slice(0, 2).sort((a, b) => a.across + a.down - b.across - b.down);
  const apart = (axis) => Math.abs(first[axis] - other[axis]);
  const { shape, size } = fit(first, FIRST);
  return [size, first.colour, shape, Number(apart("across") < apart("down")), other.colour, fit(other, OTHER).shape];
}

/** The shape and the size that overlap most. */
function fit(thing, radii) {
  let best = { score: -1 };
  for (let shape = 0; shape < EDGES.length; shape++) {
    for (let size = 0; size < radii.length; size++) {
      const score = overlap(thing, shape, radii[size]);
      if (score > best.score) best = { score, shape, size };
    }
  }
  return best;
}

/** How much of each pixel is paint of each colour. */
function shares(picture, paper, unmix) {
  return [0, 1, 2].map((k) =>
    Float64Array.from({ length: PIXELS }, (_, i) => {
      let sum = 0;
      for (let c = 0; c < 3; c++) sum += (picture[c * PIXELS + i] - paper) * unmix[c][k];
      return Math.min(1, Math.max(0, 2 * sum - 0.5));
    }),
  );
}

function middle(cover) {
  let mass = 0;
  let across = 0;
  let down = 0;
  for (let i = 0; i < PIXELS; i++) {
    mass += cover[i];
    across += cover[i] * ((i % SIDE) + 0.5);
    down += cover[i] * (Math.floor(i / SIDE) + 0.5);
  }
  const total = Math.max(mass, 1e-6);
  return { mass: total, across: across / total, down: down / total };
}

/** Distances to the edge of a circle, a square, a triangle. */
const EDGES = [
  (x, y, r) => Math.hypot(x, y) - r,
  (x, y, r) => Math.max(Math.abs(x), Math.abs(y)) - 0.88 * r,
  (x, y, r) => Math.max(y - 0.75 * r, Math.abs(x) * Math.cos(Math.PI / 6) - y * 0.5 - 0.525 * r),
];

/** Intersection over union with a shape laid at the centre. */
function overlap({ cover, across, down }, shape, radius) {
  const edge = EDGES[shape];
  const top = shape === 2 ? down - LOW * radius : down;
  let both = 0;
  let sum = 0;
  for (let i = 0; i < PIXELS; i++) {
    const off = edge((i % SIDE) + 0.5 - across, Math.floor(i / SIDE) + 0.5 - top, radius);
    const laid = Math.min(1, Math.max(0, 0.5 - off));
    both += Math.min(laid, cover[i]);
    sum += laid + cover[i];
  }
  return both / (sum - both);
}
