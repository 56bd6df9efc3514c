/** The lab "learning-curves": two strategies, a budget of labels, and a switch that flatters. */

import { menu, slider, tell } from "./controls.js";
import { meanCurve, sentence } from "./curves.js";
import { Lab, place } from "./lab.js";

const [WIDTH, HEIGHT] = [320, 250]; // of the chart, without its margins
const LOW = 40; // per cent, at the foot of the chart

place("learning-curves", async (stage, files) => {
  new LearningCurves(stage, await files.json("lab.json"));
});

class LearningCurves extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.names = ["first", "second"].map((name) => this.control(name));
    this.maximum = this.control("maximum");
    this.step = this.control("step");
    this.lines = this.all("polyline");
    this.marks = [this.one("circle"), this.one("rect")];
    this.ruler = this.one("line.ruler");
    this.listen();
    this.frame();
  }

  /** Reads the controls, and shows both curves. */
  update() {
    const { labels } = this.setup;
    const [maximum, step] = [this.maximum.checked, Number(this.step.value)];
    const span = labels[labels.length - 1] - labels[0];
    const across = (t) => (((labels[t] - labels[0]) / span) * WIDTH).toFixed(1);
    const down = (value) => (((100 - Math.max(value, LOW)) / (100 - LOW)) * HEIGHT).toFixed(1);
    const seen = this.names.map(({ value }, i) => {
      const curve = meanCurve(this.setup, value, maximum);
      this.lines[i].setAttribute("points", curve.map((v, t) => `${across(t)},${down(v)}`).join(" "));
      this.marks[i].setAttribute("transform", `translate(${across(step)} ${down(curve[step])})`);
      return curve[step];
    });
    this.ruler.setAttribute("transform", `translate(${across(step)} 0)`);
    tell(this.step, labels[step], `${labels[step]} labels`);
    const [first, second] = this.names.map(({ value }) => value);
    this.say(sentence(this.setup, { first, second, maximum, step }, seen));
  }
}

const choice = (id, which, { names, start }) =>
  menu(id, which, `${which} strategy`, Object.entries(names), start[which]);

const last = ({ labels }) => labels.length - 1;

const markup = (id, setup) => `
  <div class="lab-plot">
    <svg viewBox="-34 -8 366 294" aria-hidden="true">
      <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
      <text x="-6" y="4" text-anchor="end">100</text>
      <text x="-6" y="${HEIGHT / 2 + 4}" text-anchor="end">${(100 + LOW) / 2}</text>
      <text x="-6" y="${HEIGHT + 4}" text-anchor="end">${LOW}</text>
      <text x="0" y="${HEIGHT + 16}">${setup.labels[0]}</text>
      <text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${setup.labels.at(-1)}</text>
      <text x="${WIDTH / 2}" y="${HEIGHT + 30}" text-anchor="middle">labels</text>
      <line class="ruler" y2="${HEIGHT}"/>
      <polyline/><polyline class="second"/>
      <circle r="6"/><rect x="-5" y="-5" width="10" height="10"/>
    </svg>
    <p class="lab-hint">Test accuracy in per cent. Line and disc: the first strategy. Dashes and
      square: the second.</p>
  </div>
  <div class="lab-knobs">
    ${choice(id, "first", setup)}
    ${choice(id, "second", setup)}
    <label class="lab-switch"><input type="checkbox" data-name="maximum"> running maximum</label>
    ${slider(id, "step", "Labels", { max: last(setup), value: last(setup) })}
  </div>
  <p class="lab-verdict"></p>`;
