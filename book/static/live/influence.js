/**
 * Distributional influence in the page: the mean, over the points of a distribution of interest,
 * of the gradient of a quantity of interest with respect to the output of a layer (a slice).
 */

import { argmax } from "./engine.js";

/**
 * The points of a distribution: how many, and `write(i, out)`, which puts the i-th into `out`.
 * `pictures` are those of a class or of all classes, `noise` the draws one after the other.
 */
export function distribution(kind, picture, { pictures, noise, settings }) {
  const { steps, draws, sigma } = settings;
  const n = picture.length;
  if (kind === "point") return { count: 1, write: (i, out) => out.set(picture) };
  if (kind === "segment") {
    return { count: steps, write: (i, out) => fill(out, (j) => ((i + 0.5) / steps) * picture[j]) };
  }
  if (kind === "noise") {
    return { count: draws, write: (i, out) => fill(out, (j) => picture[j] + sigma * noise[i * n + j]) };
  }
  return { count: pictures.length, write: (i, out) => out.set(pictures[i]) };
}

function fill(out, value) {
  for (let j = 0; j < out.length; j++) out[j] = value(j);
}

/** Collects the influence of the units of one slice, point by point. */
export class Influence {
  /**
   * @param {Network} engine
   * @param {{layer: number, shape: number[]}} slice the layer whose output is the slice; -1: input
   * @param {{kind: string, k: number, other: number, map: number, layer: number}} quantity
   * @param {object} points as `distribution` makes them
   * @param {boolean} inside weigh the gradient at each point by the activation there
   */
  constructor(engine, slice, quantity, points, inside) {
    Object.assign(this, { engine, slice, quantity, points, inside });
    this.done = 0;
    this.x = new Float64Array(engine.size);
    this.sum = new Float64Array(slice.shape.reduce((a, b) => a * b, 1));
    this.at = quantity.kind === "map" ? quantity.layer : engine.layers.length - 1;
    const top = quantity.kind === "map" ? engine.layers[this.at].output.length : engine.classes;
    this.above = new Float64Array(top);
  }

  /** Takes in the next point. */
  step() {
    this.points.write(this.done++, this.x);
    const logits = this.engine.forward(this.x);
    let slope = this.seed(logits);
    for (let i = this.at; i > this.slice.layer; i--) slope = this.engine.layers[i].backward(slope);
    const z = this.inside ? this.values() : null;
    for (let j = 0; j < this.sum.length; j++) this.sum[j] += z ? slope[j] * z[j] : slope[j];
  }

  /** The gradient of the quantity with respect to the layer that it reads. */
  seed(logits) {
    const { above, quantity } = this;
    above.fill(0);
    if (quantity.kind === "map") {
      const size = above.length / this.engine.layers[this.at].shape[0];
      above.fill(1 / size, quantity.map * size, (quantity.map + 1) * size);
    } else {
      above[quantity.kind === "max" ? argmax(logits) : quantity.k] = 1;
      if (quantity.kind === "two") above[quantity.other] -= 1;
    }
    return above;
  }

  /** What the slice computed in the last forward pass. */
  values() {
    return this.slice.layer < 0 ? this.x : this.engine.layers[this.slice.layer].output;
  }

  /** What the slice computes from a picture. */
  valuesAt(picture) {
    this.x.set(picture);
    this.engine.forward(this.x);
    return Float64Array.from(this.values());
  }

  /** The value of the quantity for a picture. */
  measure(picture) {
    const logits = this.engine.forward(picture);
    const { kind, k, other, map } = this.quantity;
    if (kind === "max") return logits[argmax(logits)];
    if (kind !== "map") return logits[k] - (kind === "two" ? logits[other] : 0);
    const { output, shape } = this.engine.layers[this.at];
    const size = output.length / shape[0];
    return output.subarray(map * size, (map + 1) * size).reduce((a, b) => a + b, 0) / size;
  }
}
