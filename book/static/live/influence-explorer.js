/** The lab "influence explorer": slice, quantity and distribution of interest on LeNet-5. */

import { menu, segments } from "./controls.js";
import {
  CLASSES,
  DIGITS,
  offerSamples,
  pictures,
  PIXELS,
  pressSample,
  sampleButtons,
  SIDE,
} from "./digits.js";
import { dot, grey, tile } from "./drawing.js";
import { loadNetwork } from "./engine.js";
import { distribution, Influence } from "./influence.js";
import { Lab, place, write } from "./lab.js";

const BUDGET = 6; // milliseconds of a frame for the network; the rest is for drawing
// Okabe and Ito's blue where a unit lowers the quantity, vermilion where it raises it
const LOWERS = [0, 114, 178];
const RAISES = [213, 94, 0];

place("influence-explorer", async (stage, files) => {
  const setup = await files.json("lab.json");
  const [digits, noise, engine] = await Promise.all([
    files.bytes("digits.bin").then(pictures),
    files.bytes("noise.bin"),
    loadNetwork(files.url, setup.network.id),
  ]);
  setup.engine = engine;
  setup.noise = new Float32Array(noise);
  setup.samples.forEach((sample, i) => (sample.picture = digits[i]));
  setup.gallery = digits.slice(setup.samples.length);
  new InfluenceExplorer(stage, setup);
});

class InfluenceExplorer extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.lab = stage.parentElement;
    this.black = new Float64Array(PIXELS);
    this.find();
    this.listen();
    this.sample = setup.samples[setup.start.k];
    this.begin();
    this.frame();
  }

  find() {
    this.progress = this.one(".influence-progress");
    this.selects = Object.fromEntries(["k", "other", "map"].map((name) => [name, this.control(name)]));
    this.picture = tile(this.one(".influence-digit canvas"), SIDE);
    const boxes = this.all(".influence-maps");
    this.slices = this.setup.slices.map((slice, i) => {
      const box = boxes[i];
      const [, height, width] = slice.shape;
      const tiles = [...box.querySelectorAll("canvas")].map((canvas) => tile(canvas, width, height));
      return { ...slice, box, tiles, totals: [...box.querySelectorAll(".influence-total")] };
    });
  }

  listen() {
    this.stage.addEventListener("input", () => this.begin());
    offerSamples(this, (number) => {
      this.sample = this.setup.samples[number];
      this.begin();
    });
    this.all("[data-map]").forEach((button) => {
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
    this.one(`input[data-name=${name}][value="${value}"]`).checked = true;
  }

  /** Reads the controls and starts the average afresh. */
  begin() {
    const value = (name) => this.control(name).value;
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
    grey(this.picture, this.sample.picture);
    this.slices.forEach((slice) => (slice.box.hidden = slice !== this.slice));
    pressSample(this, this.sample);
  }

  /** Takes in as many points as fit into a frame, and shows the mean so far. */
  update(begin) {
    const { influence } = this;
    const { count } = influence.points;
    while (influence.done < count && performance.now() - begin < BUDGET) influence.step();
    const chi = this.mean();
    const totals = this.drawMaps(chi);
    const finished = influence.done === count;
    write(this.progress, `${influence.done} of ${count} ${count === 1 ? "point" : "points"}`);
    if (finished) {
      this.say(this.sentence(chi, totals));
      this.lab.dataset.done = "true";
    } else this.schedule();
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
        dot(image, p, value < 0 ? LOWERS : RAISES, largest ? Math.abs(value) / largest : 0);
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

const mapTile = (name, last) => (_, i) => {
  const inner = `<canvas aria-hidden="true"></canvas>
    <span class="lab-hint">map ${i + 1}: <span class="influence-total"></span></span>`;
  return last ? `<button type="button" data-map="${i}">${inner}</button>` : `<div>${inner}</div>`;
};

const mapsBox = ({ name, shape: [maps] }, i, slices) => {
  const last = i === slices.length - 1;
  if (i === 0) {
    return `<figure class="lab-grid influence-maps lab-pixels" data-slice="${name}" hidden>
      <canvas role="img" aria-label="The influence of each pixel: orange raises, blue lowers"></canvas>
      <figcaption>all pixels: <span class="influence-total"></span></figcaption></figure>`;
  }
  const tiles = Array.from({ length: maps }, mapTile(name, last)).join("");
  return `<div class="lab-grid influence-maps lab-pixels" data-slice="${name}" role="group" aria-label="maps of ${name}" hidden>${tiles}</div>`;
};

const markup = (id, { samples, slices, quantities, distributions, measures, start }) => {
  const maps = Array.from({ length: slices.at(-1).shape[0] }, (_, c) => [c, `map ${c + 1}`]);
  const swapped = (options) => Object.entries(options).map(([text, value]) => [value, text]);
  const first = slices.findIndex(({ name }) => name === start.slice);
  return `
  <div class="lab-stack influence-digit">
    <p class="lab-title">The digit</p>
    <canvas class="lab-pixels" role="img" aria-label="The digit as the network receives it"></canvas>
    <div class="lab-grid lab-samples" role="group" aria-label="Choose a digit">${sampleButtons(samples)}</div>
  </div>
  <div class="lab-stack influence-knobs">
    ${segments(id, "slice", "Slice: influence of what?", slices.map(({ name }, i) => [i, name]), first)}
    ${segments(id, "kind", "Quantity: influence on what?", swapped(quantities), start.kind)}
    <div class="lab-grid influence-selects">
      ${menu(id, "k", "class", DIGITS, start.k)}
      ${menu(id, "other", "less class", DIGITS, start.other)}
      ${menu(id, "map", "of conv 2", maps, start.map)}
    </div>
    ${segments(id, "distribution", "Distribution: averaged over what?", swapped(distributions), start.distribution)}
    ${segments(id, "measure", "Shown", [...measures.entries()], Number(start.multiply))}
  </div>
  <p class="lab-verdict"></p>
  <div class="lab-stack influence-result lab-full">
    <p class="lab-row"><span class="lab-title">Influence: orange raises, blue lowers</span>
      <span class="lab-hint influence-progress"></span></p>
    ${slices.map(mapsBox).join("")}
    <p class="lab-hint">Click a map of conv 2 to make it the quantity, and see which pixels move it.</p>
  </div>`;
};
