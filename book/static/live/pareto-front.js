/** The lab "pareto-front": allow a gap, and see the accuracy and the rates of each group. */

import { menu, slider, tell } from "./controls.js";
import { apart, look, sentence } from "./group-rates.js";
import { Lab, place, write } from "./lab.js";

const [WIDTH, HEIGHT] = [340, 220]; // of the chart, in its own units
const BOX = { left: 44, right: 330, top: 12, bottom: 182 };

place("pareto-front", async (stage, files) => {
  new ParetoFront(stage, await files.json("lab.json"));
});

class ParetoFront extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.step = this.control("step");
    this.chart = this.one("svg");
    this.axis = this.one(".front-axis");
    this.rows = this.all("tbody tr");
    this.listen();
    this.chart.addEventListener("click", (event) => this.pick(event));
    this.frame();
  }

  /** Takes the point that is nearest to a click. */
  pick(event) {
    const { left, top, width } = this.chart.getBoundingClientRect();
    const x = ((event.clientX - left) * WIDTH) / width;
    const y = ((event.clientY - top) * WIDTH) / width;
    const far = this.points.map(([px, py]) => Math.hypot(px - x, py - y));
    this.step.value = far.indexOf(Math.min(...far));
    this.schedule();
  }

  /** Reads the controls, picks the rule, and shows what it does. */
  update() {
    const criterion = this.control("criterion").value;
    const rules = this.setup.rules[criterion];
    const step = Number(this.step.value);
    const all = rules.map(({ cells }) => look(cells, this.setup.criteria[criterion]));
    this.draw(all, step);
    write(this.axis, `gap of ${criterion}`);
    const slack = rules[step].slack.toFixed(3);
    tell(this.step, slack, `a gap of ${slack} allowed`);
    Object.keys(this.setup.rows).forEach((name, r) => {
      const values = all[step].rates[name];
      const cells = [...this.rows[r].cells].slice(1);
      values.forEach((value, g) => {
        cells[g].style.setProperty("--part", `${(100 * value).toFixed(1)}%`);
        cells[g].textContent = value.toFixed(3);
      });
      cells.at(-1).textContent = apart(values).toFixed(3);
    });
    this.say(sentence(all[step], criterion, rules[step].slack));
  }

  draw(all, step) {
    const widest = Math.max(...all.map(({ gap }) => gap));
    const right = all.map(({ accuracy }) => accuracy);
    const [low, high] = [Math.min(...right) - 0.001, Math.max(...right) + 0.001];
    const x = (gap) => BOX.left + ((BOX.right - BOX.left) * gap) / (1.05 * widest);
    const y = (value) => BOX.bottom - ((BOX.bottom - BOX.top) * (value - low)) / (high - low);
    this.points = all.map(({ gap, accuracy }) => [x(gap), y(accuracy)]);
    this.chart.querySelector("polyline").setAttribute("points", this.points.join(" "));
    const dots = this.chart.querySelectorAll(".front-dot");
    this.points.forEach(([cx, cy], k) => move(dots[k], { cx, cy }));
    const [cx, cy] = this.points[step];
    move(this.chart.querySelector(".front-picked"), { cx, cy });
    const [bottom, top] = this.chart.querySelectorAll(".front-accuracy");
    [[bottom, low + 0.001], [top, high - 0.001]].forEach(([label, value]) => {
      label.textContent = value.toFixed(3);
      move(label, { y: y(value) + 4 });
    });
    const ends = this.chart.querySelectorAll(".front-gap");
    ends[1].textContent = widest.toFixed(3);
    move(ends[1], { x: x(widest) });
  }
}

function move(element, places) {
  for (const [name, value] of Object.entries(places)) element.setAttribute(name, value.toFixed(2));
}

const markup = (id, { names, rows, rules, start }) => `
  <div class="front-plot">
    <p class="lab-title">accuracy</p>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
      aria-label="Accuracy against the gap: the rules, one of them picked; the slider picks another">
      <path d="M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}"></path>
      <polyline></polyline>
      ${'<circle class="front-dot" r="4"></circle>'.repeat(rules[start.criterion].length)}
      <circle class="front-picked" r="8"></circle>
      ${`<text class="front-accuracy" x="${BOX.left - 5}" text-anchor="end"></text>`.repeat(2)}
      ${`<text class="front-gap" x="${BOX.left}" y="${BOX.bottom + 16}" text-anchor="middle">0</text>`.repeat(2)}
      <text class="front-axis" x="${(BOX.left + BOX.right) / 2}" y="${HEIGHT - 6}"
        text-anchor="middle"></text>
    </svg>
  </div>
  <div class="lab-knobs">
    ${menu(id, "criterion", "criterion", Object.keys(rules).map((name) => [name, name]), start.criterion)}
    ${slider(id, "step", "Gap allowed in training", {
      max: rules[start.criterion].length - 1,
      value: start.step,
    })}
    <table class="lab-table lab-ruled front-table">
      <thead><tr><th scope="col">rate</th>
        ${names.map((name) => `<th scope="col">${name}</th>`).join("")}<th scope="col">gap</th></tr></thead>
      <tbody>${Object.values(rows)
        .map((title) => `<tr><th scope="row">${title}</th>${"<td></td>".repeat(names.length + 1)}</tr>`)
        .join("")}</tbody>
    </table>
  </div>
  <p class="lab-verdict"></p>`;
