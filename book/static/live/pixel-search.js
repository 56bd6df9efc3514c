/** A traffic light, what was painted on it, and what was asked about it: the law of the lab. */

import { argmax, softmax } from "./engine.js";

export const SIDE = 32;
const PIXELS = SIDE * SIDE;
const LATEST = 3; // painted pixels whose neighbours the search looks at

export class PixelGame {
  /** `clean` holds 3 x 32 x 32 numbers, `places` the pixels to look at, `green` the class wanted. */
  constructor(network, clean, places, green) {
    Object.assign(this, { network, clean, places, green });
    this.picture = Float64Array.from(clean);
    this.played = [];
    this.queries = 1;
    this.answer();
  }

  /** Pixels that differ from those of the light. */
  get pixels() {
    let count = 0;
    for (let n = 0; n < PIXELS; n++) if (!this.has(n, this.colourOf(this.clean, n))) count++;
    return count;
  }

  get best() {
    return argmax(this.probabilities);
  }

  /** Recolours a pixel and asks. */
  paint(place, rgb) {
    this.queries++;
    this.play(place, rgb);
  }

  /** A search for the next move: `step` asks about one candidate, and is false after the last. */
  search(rgb) {
    const tried = this.candidates(rgb);
    let [next, lead, place] = [0, -Infinity, -1];
    return () => {
      if (next < tried.length) {
        const before = this.colourOf(this.picture, tried[next]);
        this.set(tried[next], rgb);
        const found = this.leadOf(this.network.forward(this.picture));
        this.set(tried[next], before);
        this.queries++;
        if (found > lead) [lead, place] = [found, tried[next]];
        next++;
      }
      if (next < tried.length) return true;
      if (place >= 0) this.play(place, rgb);
      return false;
    };
  }

  /** Pixels on keypoints and beside the latest painted ones, not of this colour yet. */
  candidates(rgb) {
    const near = this.played.slice(-LATEST).flatMap(neighbours);
    return [...new Set([...this.places, ...near])].filter((n) => !this.has(n, rgb));
  }

  /** By how much green leads: its logit over the largest other one. */
  leadOf(logits) {
    let other = -Infinity;
    logits.forEach((z, k) => (other = k === this.green ? other : Math.max(other, z)));
    return logits[this.green] - other;
  }

  play(place, rgb) {
    this.set(place, rgb);
    this.played.push(place);
    this.answer();
  }

  answer() {
    const logits = this.network.forward(this.picture);
    this.probabilities = softmax(logits);
    this.lead = this.leadOf(logits);
  }

  set(place, rgb) {
    rgb.forEach((value, c) => (this.picture[c * PIXELS + place] = value));
  }

  has(place, rgb) {
    return rgb.every((value, c) => this.picture[c * PIXELS + place] === value);
  }

  colourOf(picture, place) {
    return [0, 1, 2].map((c) => picture[c * PIXELS + place]);
  }
}

function neighbours(place) {
  const found = [];
  for (let row = Math.floor(place / SIDE) - 1, i = 0; i < 3; i++) {
    for (let column = (place % SIDE) - 1, j = 0; j < 3; j++) {
      const [r, c] = [row + i, column + j];
      if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) found.push(r * SIDE + c);
    }
  }
  return found;
}

const count = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
const percent = (p) => `${(100 * p).toFixed(1)}%`;

/** What the network says, in words: the same as in the notebook. */
export function sentence(game, classes) {
  const { best, probabilities: p } = game;
  const behind = `Green is ${(-game.lead).toFixed(1)} behind, in logits.`;
  const green = best === game.green ? "It is fooled." : behind;
  return (
    `With ${count(game.pixels, "pixel")} painted and ${count(game.queries, "question")} asked, ` +
    `the network says ${classes[best]} (${percent(p[best])}). ${green}`
  );
}
