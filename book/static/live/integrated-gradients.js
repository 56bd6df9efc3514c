/** The lab "integrated gradients": a walk to a digit, and what each step adds to the attribution. */

import { segments, slider, tell } from "./controls.js";
import { article, percent, pictures, PIXELS, SIDE, unbroken } from "./digits.js";
import { dot, grey, tile } from "./drawing.js";
import { argmax, loadNetwork, softmax } from "./engine.js";
import { place } from "./lab.js";
import { padMarkup, PadLab, picture } from "./pad-lab.js";

const BUDGET = 6; // milliseconds of walking a frame
const LENGTH = 2500; // milliseconds of a walk that is watched
// against the class purple, for it orange
const AGAINST = [84, 39, 136];
const FOR = [179, 88, 6];

place("integrated-gradients", async (stage, files) => {
  const setup = await files.json("lab.json");
  const [samples, engine] = await Promise.all([
    files.bytes("samples.bin").then(pictures),
    loadNetwork(files.url, setup.network.id),
  ]);
  setup.name = unbroken(setup.network.name);
  setup.samples.forEach((sample, i) => (sample.picture = samples[i]));
  new IntegratedGradients(stage, setup, engine);
});

/** The walk from a baseline to a picture, by midpoints; it is made step by step. */
export class Walk {
  constructor(engine, picture, baseline, steps) {
    Object.assign(this, { engine, picture, baseline, steps });
    this.probabilities = softmax(engine.forward(picture));
    this.label = argmax(this.probabilities);
    this.oneHot = new Float64Array(engine.classes);
    this.oneHot[this.label] = 1;
    this.point = new Float64Array(PIXELS);
    this.sums = [new Float64Array(PIXELS)]; // attributions after 0, 1, 2, ... steps
    this.totals = [0]; // and what they sum to
    this.floor = engine.forward(this.at(0))[this.label];
    this.rises = [0]; // of the logit
  }

  get done() {
    return this.sums.length - 1;
  }

  /** The point at the share `t` of the way; overwritten by the next call. */
  at(t) {
    const { point, picture, baseline } = this;
    for (let i = 0; i < PIXELS; i++) point[i] = baseline + t * (picture[i] - baseline);
    return point;
  }

  step() {
    const k = this.done;
    this.engine.forward(this.at((k + 0.5) / this.steps));
    const slope = this.engine.backward(this.oneHot);
    const sum = Float64Array.from(this.sums[k]);
    let total = 0;
    for (let i = 0; i < PIXELS; i++) {
      sum[i] += (slope[i] * (this.picture[i] - this.baseline)) / this.steps;
      total += sum[i];
    }
    this.sums.push(sum);
    this.totals.push(total);
    this.rises.push(this.engine.forward(this.at((k + 1) / this.steps))[this.label] - this.floor);
  }
}

class IntegratedGradients extends PadLab {
  constructor(stage, setup, engine) {
    super(stage, setup, markup);
    this.engine = engine;
    this.picture = new Float64Array(PIXELS);
    this.share = new Float64Array(PIXELS);
    this.slider = this.control("way");
    this.tiles = this.all(".lab-equation canvas").map((canvas) => tile(canvas, SIDE));
    [this.logitLine, this.sumLine] = this.all("polyline");
    this.marker = this.one(".ig-at");
    this.zero = this.one(".ig-zero");
    this.listen();
    this.choose(setup.start.sample);
    this.frame();
  }

  listen() {
    this.slider.addEventListener("input", () => this.schedule((this.begun = null)));
    this.all("input[type=radio]").forEach((choice) => {
      choice.addEventListener("change", () => this.schedule((this.stale = true)));
    });
    this.one("[data-act=walk]").addEventListener("click", () => this.start());
  }

  /** Walks by itself from the baseline to the picture; at once for those who want no motion. */
  start() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.begun = performance.now() - (still ? LENGTH : 0);
    this.schedule();
  }

  /** Takes some steps of the walk where some are missing, and shows where it stands. */
  update(begin) {
    if (this.stale) this.renew();
    const { walk } = this;
    while (walk.done < walk.steps && performance.now() - begin < BUDGET) walk.step();
    if (this.begun) this.move(begin);
    this.show();
    this.stage.parentElement.dataset.walked = String(walk.done === walk.steps);
    if (walk.done < walk.steps || this.begun) this.schedule();
  }

  /** A new walk, at the same share of the way as the last. */
  renew() {
    this.readPad(this.picture);
    this.from = this.control("baseline").value;
    const steps = this.number("steps");
    this.walk = new Walk(this.engine, this.picture.slice(), this.setup.baselines[this.from], steps);
    const share = this.slider.value / this.slider.max;
    this.slider.max = String(steps);
    this.slider.value = String(Math.round(share * steps));
  }

  move(now) {
    const share = Math.min(1, (now - this.begun) / LENGTH);
    this.slider.value = String(Math.round(share * this.walk.steps));
    if (share === 1) this.begun = null;
  }

  show() {
    const { walk, tiles } = this;
    const step = Math.min(Number(this.slider.value), walk.done);
    const last = Math.max(step, 1);
    const t = step / walk.steps;
    tell(this.slider, `t = ${t.toFixed(2)}`, `${step} of ${walk.steps} steps`);
    grey(tiles[0], walk.at(t));
    for (let i = 0; i < PIXELS; i++) {
      this.share[i] = last > walk.done ? 0 : walk.sums[last][i] - walk.sums[last - 1][i];
    }
    drawSigned(tiles[1], this.share, largest(this.share));
    drawSigned(tiles[2], walk.sums[step], largest(walk.sums[walk.done]));
    this.chart(t);
    this.say(this.sentence(step));
  }

  chart(t) {
    const { rises, totals, steps } = this.walk;
    const low = Math.min(0, ...rises, ...totals);
    const high = Math.max(1e-9, ...rises, ...totals);
    const y = (value) => (95 - (90 * (value - low)) / (high - low)).toFixed(2);
    const line = (values) => values.map((v, k) => `${((300 * k) / steps).toFixed(2)},${y(v)}`).join(" ");
    this.logitLine.setAttribute("points", line(rises));
    this.sumLine.setAttribute("points", line(totals));
    this.marker.setAttribute("transform", `translate(${300 * t} 0)`);
    this.zero.setAttribute("transform", `translate(0 ${y(0)})`);
  }

  sentence(step) {
    const { walk } = this;
    const [rise, total] = [walk.rises[step], walk.totals[step]];
    return (
      `${this.answer()} After ${step} of ${walk.steps} steps from ${this.from}, at ` +
      `t\u00a0=\u00a0${(step / walk.steps).toFixed(2)}, its logit for ${walk.label} has changed by ` +
      `${signed(rise)}, and the attributions so far sum to ${signed(total)}: a gap of ` +
      `${signed(total - rise)}.`
    );
  }

  answer() {
    if (this.blank) return `The pad is empty; ${this.setup.name} reads a ${this.walk.label} all the same.`;
    const { label, probabilities } = this.walk;
    return `${this.setup.name} reads ${article(label)} (${percent(probabilities[label])}).`;
  }
}

function signed(value) {
  if (Math.abs(value) < 0.005) return "0.00";
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function largest(values) {
  let found = 0;
  for (let i = 0; i < PIXELS; i++) found = Math.max(found, Math.abs(values[i]));
  return found || 1;
}

function drawSigned({ context, image }, values, top) {
  for (let i = 0; i < PIXELS; i++) {
    dot(image, i, values[i] < 0 ? AGAINST : FOR, Math.min(1, Math.abs(values[i]) / top));
  }
  context.putImageData(image, 0, 0);
}

const ENDS = `
    <p class="lab-row lab-hint" aria-hidden="true"><span>baseline</span><span>digit</span></p>`;

const same = (values) => values.map((value) => [value, value]);

const markup = (id, { samples, baselines, steps, start }) => `
  ${padMarkup(id, samples)}
  <div class="lab-size">${slider(
    id,
    "way",
    "Where on the way",
    { max: start.steps, value: start.steps },
    ENDS,
  )}</div>
  <div class="lab-options">
    ${segments(id, "baseline", "Baseline", same(Object.keys(baselines)), "black")}
    ${segments(id, "steps", "Steps", same(steps), start.steps)}
    <button type="button" class="lab-button" data-act="walk">Walk</button>
  </div>
  <div class="lab-equation lab-pixels lab-full">
    ${picture("The point on the way, as the network receives it", "the point on the way")}
    <span aria-hidden="true">→</span>
    ${picture("What this step adds: orange is for the class, purple against it", "what this step adds")}
    <span aria-hidden="true">→</span>
    ${picture("The attributions summed so far: orange is for the class, purple against it", "the sum so far")}
  </div>
  <p class="lab-verdict"></p>
  <figure class="ig-chart lab-full">
    <svg viewBox="-2 0 304 100" preserveAspectRatio="none" role="img"
      aria-label="The logit's change and the sum of the attributions along the way">
      <line class="ig-zero" x2="300"></line>
      <line class="ig-at" y2="100"></line>
      <polyline class="ig-logit"></polyline>
      <polyline class="ig-sum"></polyline>
    </svg>
    <figcaption>Along the way: the logit's change (thick, grey) and the sum of the attributions
      (thin, coloured). Where they part, the gap is made.</figcaption>
  </figure>`;
