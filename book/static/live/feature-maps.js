/** The lab "feature maps": all maps of LeNet-5 while you draw, and what one unit of them sees. */

import { article, percent, pictures, PIXELS, SIDE, unbroken } from "./digits.js";
import { dot, rgb, tile } from "./drawing.js";
import { argmax, loadNetwork, softmax } from "./engine.js";
import { place } from "./lab.js";
import { padMarkup, PadLab } from "./pad-lab.js";

const WHITE = [255, 255, 255];
// what raises a unit: Okabe and Ito's blue where darker, vermilion where lighter
const DARKER = [0, 114, 178];
const LIGHTER = [213, 94, 0];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAR = 4; // units, with shift

place("feature-maps", async (stage, files) => {
  const setup = await files.json("lab.json");
  const [samples, engine] = await Promise.all([
    files.bytes("samples.bin").then(pictures),
    loadNetwork(files.url, setup.network.id),
  ]);
  setup.engine = engine;
  setup.name = unbroken(setup.network.name);
  setup.scale = interpolate(setup.colours.map(rgb));
  setup.samples.forEach((sample, i) => (sample.picture = samples[i]));
  new FeatureMaps(stage, setup);
});

class FeatureMaps extends PadLab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.picture = new Float64Array(PIXELS);
    this.zeros = new Float64Array(PIXELS);
    this.probabilities = new Float64Array(setup.engine.classes);
    this.layers = setup.layers.map((layer) => {
      const [maps, height, width] = layer.shape;
      const start = { map: 0, row: height >> 1, column: width >> 1 };
      return { ...layer, maps, height, width, unit: start, above: new Float64Array(maps * height * width) };
    });
    this.layer = this.layers[setup.start.layer];
    this.border = Math.max(...this.layers.map(({ offset }) => -offset)); // of padding, in pixels
    this.find();
    this.listen();
    this.choose(setup.start.sample);
    this.frame();
    this.toStrongest();
    this.frame();
  }

  find() {
    this.frameBox = this.one(".lab-frame");
    this.marker = this.one(".lab-unit");
    const whole = SIDE + 2 * this.border;
    const [picture, seen, wanted] = this.all(".lab-field canvas");
    this.tiles = { picture: tile(picture, whole), seen, wanted };
    const boxes = this.all(".lab-maps");
    this.layers.forEach((layer, i) => {
      layer.box = boxes[i];
      layer.canvases = [...layer.box.querySelectorAll("canvas")];
      layer.tiles = layer.canvases.map((canvas) => tile(canvas, layer.width, layer.height));
    });
  }

  listen() {
    this.layers.forEach((layer) => {
      for (const kind of ["pointermove", "pointerdown"]) {
        layer.box.addEventListener(kind, (event) => this.point(layer, event));
      }
      layer.box.addEventListener("focus", () => this.look(layer));
      layer.box.addEventListener("keydown", (event) => this.key(layer, event));
    });
  }

  look(layer, unit = layer.unit) {
    this.layer = layer;
    layer.unit = unit;
    this.schedule();
  }

  point(layer, event) {
    const map = layer.canvases.indexOf(event.target);
    if (map < 0) return;
    const box = event.target.getBoundingClientRect();
    const at = (place, size, n) => Math.min(n - 1, Math.max(0, Math.floor((place / size) * n)));
    const row = at(event.clientY - box.top, box.height, layer.height);
    const column = at(event.clientX - box.left, box.width, layer.width);
    this.look(layer, { map, row, column });
  }

  key(layer, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { map, row, column } = layer.unit;
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key].map((step) => step * (event.shiftKey ? FAR : 1));
      const unit = { map, row: inside(row + down, layer.height), column: inside(column + right, layer.width) };
      this.look(layer, unit);
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      const next = (map + (event.key === "PageDown" ? 1 : layer.maps - 1)) % layer.maps;
      this.look(layer, { map: next, row, column });
    } else if (event.key === "Home") this.toStrongest();
    else return;
    event.preventDefault();
  }

  /** To the unit of the present layer with the largest value. */
  toStrongest() {
    const { layer } = this;
    const best = argmax(this.values(layer));
    const column = best % layer.width;
    const row = Math.floor(best / layer.width) % layer.height;
    this.look(layer, { map: Math.floor(best / (layer.width * layer.height)), row, column });
  }

  values(layer) {
    return this.setup.engine.layers[layer.index].output;
  }

  index({ width, height, unit }) {
    return (unit.map * height + unit.row) * width + unit.column;
  }

  /** Asks the network where the picture is new, and shows the maps and the unit. */
  frame() {
    if (this.pending) cancelAnimationFrame(this.pending);
    super.frame();
  }

  update() {
    if (this.stale) {
      this.readPad(this.picture);
      softmax(this.setup.engine.forward(this.picture), this.probabilities);
      this.layers.forEach((layer) => this.drawMaps(layer));
    }
    this.drawField(this.slope());
    this.mark();
    this.say(this.sentence());
  }

  /** By how much the unit rises for each pixel: zero throughout where it is silent. */
  slope() {
    const { above, index } = this.layer;
    const at = this.index(this.layer);
    if (!(this.values(this.layer)[at] > 0)) return this.zeros;
    above[at] = 1;
    const gradient = this.setup.engine.backward(above, index);
    above[at] = 0;
    return gradient;
  }

  /** All maps of a layer on one scale, from 0 to the largest value in it. */
  drawMaps(layer) {
    const values = this.values(layer);
    const high = values[argmax(values)] || 1;
    const size = layer.width * layer.height;
    layer.tiles.forEach((map, i) => {
      for (let k = 0; k < size; k++) {
        dot(map.image, k, this.setup.scale(values[i * size + k] / high));
      }
      map.context.putImageData(map.image, 0, 0);
    });
  }

  drawField(slope) {
    const { size } = this.layer;
    const [top, left] = this.corner();
    drawGrey(this.tiles.picture, this.picture, SIDE + 2 * this.border, -this.border);
    drawGrey(tile(this.tiles.seen, size), this.picture, size, top, left);
    const { context, image } = tile(this.tiles.wanted, size);
    let largest = 0;
    for (let i = 0; i < PIXELS; i++) largest = Math.max(largest, Math.abs(slope[i]));
    each(size, top, left, (k, pixel) => {
      const share = pixel < 0 || largest === 0 ? 0 : slope[pixel] / largest;
      dot(image, k, share < 0 ? DARKER : LIGHTER, pixel < 0 ? 0 : Math.abs(share));
    });
    context.putImageData(image, 0, 0);
  }

  /** The row and the column of the picture at which the field of the unit begins. */
  corner() {
    const { offset, stride, unit } = this.layer;
    return [offset + stride * unit.row, offset + stride * unit.column];
  }

  /** Puts the frame around the field and the marker on the unit. */
  mark() {
    const { size, unit, width, height, canvases } = this.layer;
    const [top, left] = this.corner();
    const whole = SIDE + 2 * this.border;
    lay(this.frameBox, (left + this.border) / whole, (top + this.border) / whole, size / whole, size / whole);
    const map = canvases[unit.map].parentElement;
    if (this.marker.parentElement !== map) map.append(this.marker);
    lay(this.marker, unit.column / width, unit.row / height, 1 / width, 1 / height);
  }

  sentence() {
    const { layer } = this;
    const [top, left] = this.corner();
    const [bottom, right] = [top + layer.size - 1, left + layer.size - 1];
    const padded = Math.min(top, left) < 0 || Math.max(bottom, right) >= SIDE;
    const value = this.values(layer)[this.index(layer)];
    const has = value > 0 ? `has the value ${value.toFixed(2)}` : "is silent";
    const { map, row, column } = layer.unit;
    return (
      `${this.answer()} In map ${map + 1} of ${layer.name}, the unit in row ${row + 1}, ` +
      `column ${column + 1} ${has}. It sees rows ${ends(top, bottom)} and columns ` +
      `${ends(left, right)}: ${layer.size}\u00a0×\u00a0${layer.size} pixels` +
      `${padded ? ", some of them padding" : ""}.`
    );
  }

  answer() {
    if (this.blank) return "The pad is empty.";
    const digit = argmax(this.probabilities);
    return `${this.setup.name} reads ${article(digit)} (${percent(this.probabilities[digit])}).`;
  }
}

const inside = (place, size) => Math.min(size - 1, Math.max(0, place));

const ends = (first, last) => `${Math.max(first, 0) + 1} to ${Math.min(last, SIDE - 1) + 1}`;

/** Places an element over its parent, in shares of the parent's sides. */
function lay({ style }, left, top, width, height) {
  style.left = `${100 * left}%`;
  style.top = `${100 * top}%`;
  style.width = `${100 * width}%`;
  style.height = `${100 * height}%`;
}

/** Calls `action(k, pixel)` for a square of the picture; `pixel` is -1 in the padding. */
function each(size, top, left, action) {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [row, column] = [top + i, left + j];
      const padding = row < 0 || column < 0 || row >= SIDE || column >= SIDE;
      action(i * size + j, padding ? -1 : row * SIDE + column);
    }
  }
}

/** A square of the picture in grey; the padding around it stays clear. */
function drawGrey({ context, image }, picture, size, top, left = top) {
  const grey = [0, 0, 0];
  each(size, top, left, (k, pixel) => {
    grey.fill(pixel < 0 ? 0 : 255 * picture[pixel]);
    dot(image, k, pixel < 0 ? WHITE : grey, pixel < 0 ? 0 : 1);
  });
  context.putImageData(image, 0, 0);
}

/** A function from [0, 1] to the colours of a scale, of which some are given. */
function interpolate(colours) {
  const fine = Array.from({ length: 256 }, (_, i) => {
    const at = (i / 255) * (colours.length - 1);
    const k = Math.min(Math.floor(at), colours.length - 2);
    return colours[k].map((value, c) => value + (at - k) * (colours[k + 1][c] - value));
  });
  return (share) => fine[Math.min(255, Math.max(0, Math.round(255 * share)))];
}

const picture = (name, note, overlay = "") => `
  <figure><div class="lab-over"><canvas role="img" aria-label="${name}"></canvas>${overlay}</div>
    <figcaption>${note}</figcaption></figure>`;

const layerBox = (id) => ({ name, shape: [maps, height, width], size }, i) => `
  <div class="lab-layer">
    <p class="lab-row" id="${id}-layer-${i}"><span class="lab-title">${name}</span>
      <span class="lab-hint">${maps} maps of ${height} × ${width}; a unit sees ${size} × ${size} pixels</span></p>
    <div class="lab-grid lab-maps lab-pixels" tabindex="0" role="application" aria-labelledby="${id}-layer-${i}"
      aria-describedby="${id}-keys" data-layer="${name}">
      ${`<span class="lab-over"><canvas aria-hidden="true"></canvas></span>`.repeat(maps)}
    </div>
  </div>`;

const markup = (id, { samples, layers }) => `
  ${padMarkup(id, samples)}
  <div class="lab-grid lab-field lab-pixels">
    ${picture(
      "The digit as the network receives it, with a frame around what the unit sees",
      "the picture, with its padding",
      '<span class="lab-frame" aria-hidden="true"></span>',
    )}
    ${picture("The part of the picture that the unit sees", "what the unit sees")}
    ${picture(
      "What would raise the unit: orange where a pixel is lighter, blue where it is darker",
      "raised by lighter (orange) or darker (blue)",
    )}
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hint lab-full" id="${id}-keys">Point at a unit, or tap it. By keyboard: arrows move
    through a map (with Shift, four units at a time), Page Up and Page Down change the map, Home
    goes to the layer's strongest unit. Bright is active; each layer has its own scale.</p>
  <div class="lab-stack lab-layers lab-full">${layers.map(layerBox(id)).join("")}</div>
  <span class="lab-unit" aria-hidden="true"></span>`;
