/**
 * A small neural-network engine for the browser: the forward pass and the gradient with respect
 * to the input, for networks that `sdl_lib.live.export` has written.
 *
 * A network is a manifest (JSON: the input's shape and a list of layers) and one block of weights
 * in single or half precision. Every layer owns its buffers and fills them again at each call, so a pass allocates
 * nothing; what `forward` and `backward` return is valid until the next call. All sums are formed
 * in double precision: attacks use the sign of a gradient, also where it is all but zero.
 */

/** Softmax of `logits` into `out`, stable for logits of any size. */
export function softmax(logits, out = new Float64Array(logits.length)) {
  let top = -Infinity;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i]);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += out[i] = Math.exp(logits[i] - top);
  for (let i = 0; i < logits.length; i++) out[i] /= sum;
  return out;
}

/** The index of the largest entry; the first one, where several are equal. */
export function argmax(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** y[r, p] = bias[r] + sum over k of weight[r, k] x[p, k] */
function multiply(weight, bias, x, y, positions, rows, columns) {
  for (let p = 0; p < positions; p++) {
    const start = p * columns;
    for (let r = 0; r < rows; r++) {
      const row = r * columns;
      let sum = bias[r];
      for (let k = 0; k < columns; k++) sum += weight[row + k] * x[start + k];
      y[r * positions + p] = sum;
    }
  }
}

/** x[p, k] = sum over r of weight[r, k] y[r, p]; skips zeros, of which ReLU and pooling make many */
function multiplyTransposed(weight, y, x, positions, rows, columns) {
  x.fill(0);
  for (let p = 0; p < positions; p++) {
    const start = p * columns;
    for (let r = 0; r < rows; r++) {
      const value = y[r * positions + p];
      if (value === 0) continue;
      const row = r * columns;
      for (let k = 0; k < columns; k++) x[start + k] += value * weight[row + k];
    }
  }
}

/** Which pixels of a (channels, height, width) picture a sliding window sees at each position. */
class Window {
  constructor([channels, height, width], kernel, stride, padding) {
    this.height = Math.floor((height + 2 * padding[0] - kernel[0]) / stride[0]) + 1;
    this.width = Math.floor((width + 2 * padding[1] - kernel[1]) / stride[1]) + 1;
    this.positions = this.height * this.width;
    this.area = channels * kernel[0] * kernel[1];
    this.index = new Int32Array(this.positions * this.area); // -1 where the window leaves the picture
    let at = 0;
    for (let p = 0; p < this.positions; p++) {
      const top = Math.floor(p / this.width) * stride[0] - padding[0];
      const left = (p % this.width) * stride[1] - padding[1];
      for (let c = 0; c < channels; c++) {
        for (let i = top; i < top + kernel[0]; i++) {
          for (let j = left; j < left + kernel[1]; j++) {
            const inside = i >= 0 && i < height && j >= 0 && j < width;
            this.index[at++] = inside ? (c * height + i) * width + j : -1;
          }
        }
      }
    }
  }

  /** Copies what the window sees into `patches`, one position after the other. */
  unfold(picture, patches) {
    const index = this.index;
    for (let i = 0; i < index.length; i++) patches[i] = index[i] < 0 ? 0 : picture[index[i]];
  }

  /** Adds the patches up where they overlap: the transpose of `unfold`. */
  fold(patches, picture) {
    const index = this.index;
    picture.fill(0);
    for (let i = 0; i < index.length; i++) if (index[i] >= 0) picture[index[i]] += patches[i];
  }
}

const count = (shape) => shape.reduce((product, n) => product * n, 1);

class Layer {
  constructor(inputShape, shape) {
    this.shape = shape;
    this.output = new Float64Array(count(shape));
    this.gradient = new Float64Array(count(inputShape));
  }
}

class Dense extends Layer {
  constructor(inputShape, { weight, bias }, parameter) {
    super(inputShape, [weight.shape[0]]);
    this.weight = parameter(weight);
    this.bias = parameter(bias);
  }

  forward(x) {
    multiply(this.weight, this.bias, x, this.output, 1, this.output.length, x.length);
    return this.output;
  }

  backward(g) {
    multiplyTransposed(this.weight, g, this.gradient, 1, g.length, this.gradient.length);
    return this.gradient;
  }
}

class Conv extends Layer {
  constructor(inputShape, { weight, bias, stride, padding }, parameter) {
    const window = new Window(inputShape, weight.shape.slice(2), stride, padding);
    super(inputShape, [weight.shape[0], window.height, window.width]);
    this.window = window;
    this.patches = new Float64Array(window.positions * window.area);
    this.weight = parameter(weight);
    this.bias = parameter(bias);
  }

  forward(x) {
    const { window, patches } = this;
    window.unfold(x, patches);
    multiply(this.weight, this.bias, patches, this.output, window.positions, this.shape[0], window.area);
    return this.output;
  }

  backward(g) {
    const { window, patches } = this;
    multiplyTransposed(this.weight, g, patches, window.positions, this.shape[0], window.area);
    window.fold(patches, this.gradient);
    return this.gradient;
  }
}

/** A convolution run backwards: its window slides over the output. */
class TransposedConv extends Layer {
  constructor(inputShape, { weight, bias, stride, padding, outputPadding }, parameter) {
    const kernel = weight.shape.slice(2);
    const size = (axis) =>
      (inputShape[axis + 1] - 1) * stride[axis] - 2 * padding[axis] + kernel[axis] + outputPadding[axis];
    super(inputShape, [weight.shape[1], size(0), size(1)]);
    this.rows = inputShape[0];
    this.window = new Window(this.shape, kernel, stride, padding);
    this.patches = new Float64Array(this.window.positions * this.window.area);
    this.weight = parameter(weight);
    this.bias = parameter(bias);
    this.zeros = new Float64Array(this.rows);
  }

  forward(x) {
    const { window, patches, output, bias } = this;
    multiplyTransposed(this.weight, x, patches, window.positions, this.rows, window.area);
    window.fold(patches, output);
    const pixels = this.shape[1] * this.shape[2];
    for (let i = 0; i < output.length; i++) output[i] += bias[Math.floor(i / pixels)];
    return output;
  }

  backward(g) {
    const { window, patches } = this;
    window.unfold(g, patches);
    multiply(this.weight, this.zeros, patches, this.gradient, window.positions, this.rows, window.area);
    return this.gradient;
  }
}

class Pool extends Layer {
  constructor(inputShape, { kernel, stride, padding }) {
    const window = new Window([1, inputShape[1], inputShape[2]], kernel, stride, padding);
    super(inputShape, [inputShape[0], window.height, window.width]);
    this.window = window;
    this.pixels = inputShape[1] * inputShape[2]; // of one channel of the input
  }
}

class MaxPool extends Pool {
  constructor(inputShape, layer) {
    super(inputShape, layer);
    this.source = new Int32Array(this.output.length); // where each maximum came from
  }

  forward(x) {
    const { positions, area, index } = this.window;
    for (let out = 0; out < this.output.length; out++) {
      const base = Math.floor(out / positions) * this.pixels;
      const first = (out % positions) * area;
      let best = -Infinity;
      for (let k = first; k < first + area; k++) {
        if (index[k] >= 0 && x[base + index[k]] > best) {
          best = x[base + index[k]];
          this.source[out] = base + index[k];
        }
      }
      this.output[out] = best;
    }
    return this.output;
  }

  backward(g) {
    this.gradient.fill(0);
    for (let out = 0; out < g.length; out++) this.gradient[this.source[out]] += g[out];
    return this.gradient;
  }
}

class AveragePool extends Pool {
  forward(x) {
    const { positions, area, index } = this.window;
    for (let out = 0; out < this.output.length; out++) {
      const base = Math.floor(out / positions) * this.pixels;
      const first = (out % positions) * area;
      let sum = 0;
      for (let k = first; k < first + area; k++) if (index[k] >= 0) sum += x[base + index[k]];
      this.output[out] = sum / area;
    }
    return this.output;
  }

  backward(g) {
    const { positions, area, index } = this.window;
    this.gradient.fill(0);
    for (let out = 0; out < g.length; out++) {
      const base = Math.floor(out / positions) * this.pixels;
      const first = (out % positions) * area;
      const share = g[out] / area;
      for (let k = first; k < first + area; k++) {
        if (index[k] >= 0) this.gradient[base + index[k]] += share;
      }
    }
    return this.gradient;
  }
}

/** ReLU, and leaky ReLU where `slope` is not zero. */
class Relu extends Layer {
  constructor(inputShape, { slope = 0 }) {
    super(inputShape, inputShape);
    this.slope = slope;
  }

  forward(x) {
    const { output, slope } = this;
    for (let i = 0; i < output.length; i++) output[i] = x[i] > 0 ? x[i] : slope * x[i];
    return output;
  }

  backward(g) {
    const { output, gradient, slope } = this;
    for (let i = 0; i < gradient.length; i++) gradient[i] = output[i] > 0 ? g[i] : slope * g[i];
    return gradient;
  }
}

class Tanh extends Layer {
  constructor(inputShape) {
    super(inputShape, inputShape);
  }

  forward(x) {
    for (let i = 0; i < this.output.length; i++) this.output[i] = Math.tanh(x[i]);
    return this.output;
  }

  backward(g) {
    const y = this.output;
    for (let i = 0; i < y.length; i++) this.gradient[i] = g[i] * (1 - y[i] * y[i]);
    return this.gradient;
  }
}

class Sigmoid extends Layer {
  constructor(inputShape) {
    super(inputShape, inputShape);
  }

  forward(x) {
    for (let i = 0; i < this.output.length; i++) this.output[i] = 1 / (1 + Math.exp(-x[i]));
    return this.output;
  }

  backward(g) {
    const y = this.output;
    for (let i = 0; i < y.length; i++) this.gradient[i] = g[i] * y[i] * (1 - y[i]);
    return this.gradient;
  }
}

/** Flatten and its kin: the numbers stay where they are. */
class Reshape {
  constructor(inputShape, { shape }) {
    this.shape = shape;
  }

  forward(x) {
    return x;
  }

  backward(g) {
    return g;
  }
}

const LAYERS = {
  dense: Dense,
  conv: Conv,
  transposed_conv: TransposedConv,
  max_pool: MaxPool,
  average_pool: AveragePool,
  relu: Relu,
  tanh: Tanh,
  sigmoid: Sigmoid,
  reshape: Reshape,
};

export class Network {
  /**
   * @param {{input: number[], floats: number, layers: object[]}} manifest
   * @param {Float32Array} weights
   */
  constructor(manifest, weights) {
    if (weights.length !== manifest.floats) {
      throw new Error(`weights: expected ${manifest.floats} numbers, found ${weights.length}`);
    }
    const parameter = ({ offset, shape }) => weights.subarray(offset, offset + count(shape));
    let shape = manifest.input;
    this.size = count(shape);
    this.layers = manifest.layers.map((layer) => {
      const made = new LAYERS[layer.type](shape, layer, parameter);
      shape = made.shape;
      return made;
    });
    this.classes = count(shape);
    this.logitGradient = new Float64Array(this.classes);
  }

  /** The logits of one picture: the network's own buffer, overwritten by the next call. */
  forward(x) {
    if (x.length !== this.size) {
      throw new Error(`x: expected ${this.size} numbers, found ${x.length}`);
    }
    let value = x;
    for (let i = 0; i < this.layers.length; i++) value = this.layers[i].forward(value);
    return value;
  }

  /**
   * From a gradient with respect to the output of a layer in the last `forward`, by default the
   * logits, to one with respect to the input.
   */
  backward(gradient, layer = this.layers.length - 1) {
    let value = gradient;
    for (let i = layer; i >= 0; i--) value = this.layers[i].backward(value);
    return value;
  }

  /** The gradient of the cross-entropy of `label` with respect to the picture `x`. */
  inputGradient(x, label) {
    const probabilities = softmax(this.forward(x));
    let others = 0;
    for (let c = 0; c < this.classes; c++) {
      if (c !== label) others += probabilities[c];
      this.logitGradient[c] = probabilities[c];
    }
    // p - 1 would round to zero for a very sure network, and the attack would lose its direction
    this.logitGradient[label] = -others;
    return this.backward(this.logitGradient);
  }
}

/** The numbers of a block in half precision (IEEE 754 binary16). */
export function fromHalves(buffer) {
  return Float32Array.from(new Uint16Array(buffer), (bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  });
}

/** Fetches `<name>.json` and `<name>.bin` below `folder` (a URL) and builds the network. */
export async function loadNetwork(folder, name) {
  const [manifest, weights] = await Promise.all([
    fetchFile(folder, `${name}.json`).then((response) => response.json()),
    fetchFile(folder, `${name}.bin`).then((response) => response.arrayBuffer()),
  ]);
  return new Network(manifest, manifest.half ? fromHalves(weights) : new Float32Array(weights));
}

/** `fetch` that fails on an HTTP error as well. */
export async function fetchFile(folder, file) {
  const response = await fetch(new URL(file, folder));
  if (!response.ok) throw new Error(`${file}: ${response.status} ${response.statusText}`);
  return response;
}
