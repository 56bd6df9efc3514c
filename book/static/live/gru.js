/** A gated recurrent network over characters: one step a letter, in double precision. */

import { fetchFile } from "./engine.js";

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** y[r] = bias[r] + sum over k of weight[r, k] x[k] */
function multiply(weight, bias, x, y) {
  const columns = x.length;
  for (let r = 0; r < y.length; r++) {
    const row = r * columns;
    let sum = bias[r];
    for (let k = 0; k < columns; k++) sum += weight[row + k] * x[k];
    y[r] = sum;
  }
}

export class CharGru {
  /**
   * @param {{alphabet: string, width: number, hidden: number, floats: number, parameters: object}} manifest
   * @param {Float32Array} weights
   */
  constructor(manifest, weights) {
    if (weights.length !== manifest.floats) {
      throw new Error(`weights: expected ${manifest.floats} numbers, found ${weights.length}`);
    }
    const parameter = (name) => {
      const { offset, shape } = manifest.parameters[name];
      return weights.subarray(offset, offset + shape.reduce((a, b) => a * b));
    };
    this.alphabet = manifest.alphabet;
    this.classes = manifest.alphabet.length;
    this.hidden = manifest.hidden;
    this.weight = parameter("gru.weight_hh_l0");
    this.bias = parameter("gru.bias_hh_l0");
    this.outWeight = parameter("output.weight");
    this.outBias = parameter("output.bias");
    this.fromState = new Float64Array(3 * this.hidden);
    // what a character adds to the gates never changes: it is worked out once
    const [embedding, weightIn] = [parameter("embedding.weight"), parameter("gru.weight_ih_l0")];
    const biasIn = parameter("gru.bias_ih_l0");
    this.fromInput = Array.from({ length: this.classes }, (_, code) => {
      const x = embedding.subarray(code * manifest.width, (code + 1) * manifest.width);
      const gates = new Float64Array(3 * this.hidden);
      multiply(weightIn, biasIn, x, gates);
      return gates;
    });
  }

  start() {
    return new Float64Array(this.hidden);
  }

  /** Reads the character `code` in the state `before`; writes the new state into `after`. */
  step(before, code, after) {
    const { hidden, fromState } = this;
    const fromInput = this.fromInput[code];
    multiply(this.weight, this.bias, before, fromState);
    for (let j = 0; j < hidden; j++) {
      const reset = sigmoid(fromInput[j] + fromState[j]);
      const update = sigmoid(fromInput[hidden + j] + fromState[hidden + j]);
      const candidate = Math.tanh(fromInput[2 * hidden + j] + reset * fromState[2 * hidden + j]);
      after[j] = (1 - update) * candidate + update * before[j];
    }
    return after;
  }

  /** The logits of the next character in `state`. */
  logits(state, out) {
    multiply(this.outWeight, this.outBias, state, out);
    return out;
  }
}

/** Fetches `<name>.json` and `<name>.bin` below `folder` (a URL) and builds the network. */
export async function loadGru(folder, name) {
  const [manifest, weights] = await Promise.all([
    fetchFile(folder, `${name}.json`).then((response) => response.json()),
    fetchFile(folder, `${name}.bin`).then((response) => response.arrayBuffer()),
  ]);
  return new CharGru(manifest, new Float32Array(weights));
}
