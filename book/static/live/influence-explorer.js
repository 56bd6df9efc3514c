/** The lab "influence explorer": slice, quantity and distribution of interest on LeNet-5. */

import { loadNetwork } from "./engine.js";
import { distribution, Influence } from "./influence.js";
import { afterPause, place } from "./lab.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
const BUDGET = 6; // milliseconds of a frame for the network; the rest is for drawing
// Okabe and Ito's blue where a unit lowers the quantity, vermilion where it raises it
const LOWERS = [0, 114, 178];
const RAISES = [213, 94, 0];

let labs = 0; // on this page, so that the ids of two labs differ

place("influence-explorer", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  const [digits, noise, engine] = await Promise.all([
    files.read("digits.bin").then((response) => response.arrayBuffer()),
    files.read("noise.bin").then((response) => response.arrayBuffer()),
    loadNetwork(files.url, setup.network.id),
  ]);
  setup.engine = engine;
  setup.noise = new Float32Array(noise);
  const pictures = Array.from({ length: digits.byteLength / PIXELS }, (_, i) =>
    Float32Array.from(new Uint8Array(digits, i * PIXELS, PIXELS), (value) => value / 255),
  );
  setup.samples.forEach((sample, i) => (sample.picture = pictures[i]));
  setup.gallery = pictures.slice(setup.samples.length);
  new InfluenceExplorer(stage, setup);
});

class InfluenceExplorer {
  constructor(stage, setup) {
    this.setup = setup;
    this.stage = stage;
    this.lab = stage.parentElement;
    this.black = new Float64Array(PIXELS);
    this.id = `lab-${++labs}`;
    stage.innerHTML = markup(this.id, setup);
    this.find();
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.listen();
    this.sample = setup.samples[setup.start.k];
    this.begin();
    this.frame();
  }

  find() {
    const one = (selector) => this.stage.querySelector(selector);
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.progress = one(".influence-progress");
    this.selects = Object.fromEntries(["k", "other", "map"].map((name) => [name, one(`select[name=${name}]`)]));
    this.picture = tile(one(".influence-digit canvas"), SIDE, SIDE);
    this.slices = this.setup.slices.map((slice, i) => {
      const box = this.stage.querySelectorAll(".influence-maps")[i];
      const [, height, width] = slice.shape;
      const tiles = [...box.querySelectorAll("canvas")].map((canvas) => tile(canvas, width, height));
      return { ...slice, box, tiles, totals: [...box.querySelectorAll(".influence-total")] };
    });
  }

  listen() {
    this.stage.addEventListener("input", () => this.begin());
    this.stage.querySelectorAll("[data-sample]").forEach((button) => {
      button.addEventListener("click", () => {
        this.sample = this.setup.samples[button.dataset.sample];
        this.begin();
      });
      const { picture } = this.setup.samples[button.dataset.sample];
      drawGrey(tile(button.querySelector("canvas"), SIDE, SIDE), picture);
    });
    this.stage.querySelectorAll("[data-map]").forEach((button) => {
      button.addEventListener("click", () => this.explainMap(button.dataset.map));
    });
  }

  /** From an expert to what it responds to: the map becomes the quantity, the input the slice. */
  explainMap(number) {
    this.selects.map.value = number;
    this.check("kind", "map");
    this.check("slice", "0");
    this.begin();
  }

  check(name, value) {
    this.stage.querySelector(`input[data-name=${name}][value="${value}"]`).checked = true;
  }

  /** Reads the controls and starts the average afresh. */
  begin() {
    const value = (name) => this.stage.querySelector(`input[data-name=${name}]:checked`).value;
    const [k, chosen, map] = ["k", "other", "map"].map((name) => Number(this.selects[name].value));
    const other = chosen === k ? (k + 1) % CLASSES : chosen;
    this.selects.other.value = other;
    this.kind = value("distribution");
    this.multiply = value("measure") === "1";
    this.slice = this.slices[Number(value("slice"))];
    const last = this.setup.slices.at(-1).layer;
    const quantity = { kind: value("kind"), k, other, map, layer: last };
    this.enable(quantity.kind);
    const data = this.kind === "class" || this.kind === "data";
    const points = distribution(this.kind, this.sample.picture, this.given());
    const { engine } = this.setup;
    this.influence = new Influence(engine, this.slice, quantity, points, this.multiply && data);
    this.weights = this.multiply && !data ? this.activations() : null;
    this.rise = this.influence.measure(this.sample.picture) - this.influence.measure(this.black);
    delete this.lab.dataset.done;
    this.showChoice();
    this.schedule();
  }

  given() {
    const { gallery, noise, settings } = this.setup;
    const first = this.sample.label * settings.each;
    const pictures = this.kind === "class" ? gallery.slice(first, first + settings.each) : gallery;
    return { pictures, noise, settings };
  }

  /** What each unit of the slice computes from the digit, less what it computes from black. */
  activations() {
    const values = this.influence.valuesAt(this.sample.picture);
    if (this.kind !== "segment") return values;
    const start = this.influence.valuesAt(this.black);
    return values.map((value, j) => value - start[j]);
  }

  enable(kind) {
    this.selects.k.disabled = kind === "max" || kind === "map";
    this.selects.other.disabled = kind !== "two";
    this.selects.map.disabled = kind !== "map";
  }

  showChoice() {
    drawGrey(this.picture, this.sample.picture);
    this.slices.forEach((slice) => (slice.box.hidden = slice !== this.slice));
    this.stage.querySelectorAll("[data-sample]").forEach((button) => {
      const mine = this.setup.samples[button.dataset.sample] === this.sample;
      button.setAttribute("aria-pressed", String(mine));
    });
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Takes in as many points as fit into a frame, and shows the mean so far. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { influence } = this;
    const { count } = influence.points;
    while (influence.done < count && performance.now() - begin < BUDGET) influence.step();
    const chi = this.mean();
    const totals = this.drawMaps(chi);
    const finished = influence.done === count;
    write(this.progress, `${influence.done} of ${count} ${count === 1 ? "point" : "points"}`);
    if (finished) {
      const sentence = this.sentence(chi, totals);
      if (write(this.verdict, sentence)) this.announce(sentence);
      this.lab.dataset.done = "true";
    } else this.schedule();
    this.lab.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  mean() {
    const { sum, done } = this.influence;
    return sum.map((value, j) => (value / done) * (this.weights ? this.weights[j] : 1));
  }

  /** All maps on one scale; returns the sum of each. */
  drawMaps(chi) {
    const { tiles, totals, shape } = this.slice;
    const size = shape[1] * shape[2];
    let largest = 0;
    for (let j = 0; j < chi.length; j++) largest = Math.max(largest, Math.abs(chi[j]));
    return tiles.map(({ context, image }, i) => {
      let total = 0;
      for (let p = 0; p < size; p++) {
        const value = chi[i * size + p];
        total += value;
        paint(image, p, value < 0 ? LOWERS : RAISES, largest ? Math.abs(value) / largest : 0);
      }
      context.putImageData(image, 0, 0);
      write(totals[i], signed(total));
      return total;
    });
  }

  sentence(chi, totals) {
    const { kind, k, other, map } = this.influence.quantity;
    const { steps, draws, each } = this.setup.settings;
    const subject = {
      class: `the score of ${k}`,
      two: `the score of ${k} less that of ${other}`,
      max: "the largest score",
      map: `map ${map + 1} of conv 2`,
    }[kind];
    const where = {
      point: "at this digit",
      segment: `over ${steps} points from black to this digit`,
      noise: `over ${draws} noisy copies of this digit`,
      class: `over ${each} digits of class ${this.sample.label}`,
      data: `over ${CLASSES * each} digits of all classes`,
    }[this.kind];
    const sum = totals.reduce((a, b) => a + b, 0);
    const most = this.slice.layer < 0 ? this.strongestPixel(chi) : this.extremeMaps(totals);
    const text = `What moves ${subject}, ${where}: ${most}. All together: ${signed(sum)}.`;
    const complete = this.slice.layer < 0 && this.kind === "segment" && this.multiply;
    return complete ? `${text} From black to this digit it changes by ${signed(this.rise)}.` : text;
  }

  strongestPixel(chi) {
    let at = 0;
    for (let j = 1; j < chi.length; j++) if (Math.abs(chi[j]) > Math.abs(chi[at])) at = j;
    const place = `row ${Math.floor(at / SIDE) + 1}, column ${(at % SIDE) + 1}`;
    return `the strongest pixel is in ${place} (${signed(chi[at], 3)})`;
  }

  extremeMaps(totals) {
    const [top, low] = [Math.max(...totals), Math.min(...totals)];
    const name = (value) => `map ${totals.indexOf(value) + 1}`;
    return (
      `${name(top)} of ${this.slice.name} raises it most (${signed(top)}), ` +
      `${name(low)} least (${signed(low)})`
    );
  }
}

/** A number with its sign: the same as in `sdl_lib.live.influence_explorer`. */
function signed(value, decimals = 2) {
  const text = Math.abs(value).toFixed(decimals);
  return `${value < 0 ? "\u2212" : "+"}${text}`;
}

/** Sets the text of an element where it differs; true where it did. */
function write(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function tile(canvas, width, height) {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  return { context, image: context.createImageData(width, height) };
}

function paint(image, p, [red, green, blue], opacity) {
  image.data[4 * p] = red;
  image.data[4 * p + 1] = green;
  image.data[4 * p + 2] = blue;
  image.data[4 * p + 3] = 255 * opacity;
}

function drawGrey({ context, image }, picture) {
  for (let p = 0; p < PIXELS; p++) paint(image, p, Array(3).fill(255 * picture[p]), 1);
  context.putImageData(image, 0, 0);
}

const choice = (id, name, legend, options, start) => `
  <fieldset class="lab-choice">
    <legend>${legend}</legend>
    <div class="lab-segments">
      ${options
        .map(
          ([value, text]) => `<label><input type="radio" name="${id}-${name}" data-name="${name}"
            value="${value}"${String(value) === String(start) ? " checked" : ""}><span>${text}</span></label>`,
        )
        .join("")}
    </div>
  </fieldset>`;

const select = (name, label, options, start) => `
  <label class="lab-target">${label}
    <select name="${name}">
      ${options
        .map(([value, text]) => `<option value="${value}"${value === start ? " selected" : ""}>${text}</option>`)
        .join("")}
    </select></label>`;

const sampleButton = ({ label, index }, i) => `
  <button type="button" data-sample="${i}" aria-pressed="false"
    aria-label="a ${label}, number ${index} of the test set"><canvas aria-hidden="true"></canvas></button>`;

const mapTile = (name, last) => (_, i) => {
  const inner = `<canvas aria-hidden="true"></canvas>
    <span class="lab-hint">map ${i + 1}: <span class="influence-total"></span></span>`;
  return last ? `<button type="button" data-map="${i}">${inner}</button>` : `<div>${inner}</div>`;
};

const mapsBox = ({ name, shape: [maps] }, i, slices) => {
  const last = i === slices.length - 1;
  if (i === 0) {
    return `<figure class="influence-maps" data-slice="${name}" hidden>
      <canvas role="img" aria-label="The influence of each pixel: orange raises, blue lowers"></canvas>
      <figcaption>all pixels: <span class="influence-total"></span></figcaption></figure>`;
  }
  const tiles = Array.from({ length: maps }, mapTile(name, last)).join("");
  return `<div class="influence-maps" data-slice="${name}" role="group" aria-label="maps of ${name}" hidden>${tiles}</div>`;
};

const markup = (id, { samples, slices, quantities, distributions, measures, start }) => {
  const digits = Array.from({ length: CLASSES }, (_, c) => [c, String(c)]);
  const maps = Array.from({ length: slices.at(-1).shape[0] }, (_, c) => [c, `map ${c + 1}`]);
  const swapped = (options) => Object.entries(options).map(([text, value]) => [value, text]);
  const first = slices.findIndex(({ name }) => name === start.slice);
  return `
  <div class="influence-digit">
    <p class="lab-title">The digit</p>
    <canvas role="img" aria-label="The digit as the network receives it"></canvas>
    <div class="lab-samples" role="group" aria-label="Choose a digit">${samples.map(sampleButton).join("")}</div>
  </div>
  <div class="influence-knobs">
    ${choice(id, "slice", "Slice: influence of what?", slices.map(({ name }, i) => [i, name]), first)}
    ${choice(id, "kind", "Quantity: influence on what?", swapped(quantities), start.kind)}
    <div class="influence-selects">
      ${select("k", "class", digits, start.k)}
      ${select("other", "less class", digits, start.other)}
      ${select("map", "of conv 2", maps, start.map)}
    </div>
    ${choice(id, "distribution", "Distribution: averaged over what?", swapped(distributions), start.distribution)}
    ${choice(id, "measure", "Shown", measures.map((text, i) => [i, text]), Number(start.multiply))}
  </div>
  <p class="lab-verdict"></p>
  <div class="influence-result">
    <p class="lab-row"><span class="lab-title">Influence: orange raises, blue lowers</span>
      <span class="lab-hint influence-progress"></span></p>
    ${slices.map(mapsBox).join("")}
    <p class="lab-hint">Click a map of conv 2 to make it the quantity, and see which pixels move it.</p>
  </div>
  <p class="lab-hidden" role="status"></p>`;
};
