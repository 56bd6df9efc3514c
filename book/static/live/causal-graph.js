/** The lab "causal graph": edges are cut or weakened, and three rules answer. */

import { look, sentence } from "./causal-law.js";
import { Lab, place, write } from "./lab.js";

const [WIDE, HIGH] = [340, 230]; // of the drawing
const [BOX, TALL] = [78, 32]; // of a variable

place("causal-graph", async (stage, files) => {
  new CausalGraph(stage, await files.json("lab.json"));
});

class CausalGraph extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.boxes = this.all("input[type=checkbox]");
    this.sliders = this.all("input[type=range]");
    this.numbers = this.all("output");
    this.arrows = this.all(".causal-arrow");
    this.rows = this.all("tbody tr");
    this.listen();
    this.arrows.forEach((arrow, i) => arrow.addEventListener("click", () => this.boxes[i].click()));
    this.frame();
  }

  /** Reads the controls, solves the model, and shows what came of it. */
  update() {
    const strength = this.sliders.map((s, i) => (this.boxes[i].checked ? Number(s.value) : 0));
    const seen = look(strength, this.setup.sd);
    strength.forEach((value, i) => {
      const cut = value === 0;
      this.sliders[i].disabled = !this.boxes[i].checked;
      write(this.numbers[i], cut ? "cut" : value.toFixed(2));
      this.arrows[i].classList.toggle("causal-cut", cut);
      this.arrows[i].style.setProperty("--wide", `${1.5 + 3 * value}px`);
    });
    Object.values(seen).forEach(({ first, second, gap }, k) => {
      const [, one, two, moved] = this.rows[k].cells;
      [[one, first], [two, second]].forEach(([cell, share]) => {
        cell.style.setProperty("--share", `${100 * share}%`);
        cell.textContent = `${(100 * share).toFixed(1)}%`;
      });
      write(moved, gap.toFixed(2));
    });
    this.say(sentence(seen, strength));
  }
}

const at = ([across, up]) => [
  BOX / 2 + 2 + across * (WIDE - BOX - 4),
  TALL / 2 + 2 + (1 - up) * (HIGH - TALL - 4),
];

/** From one variable's box to another's: where the arrow begins and ends. */
function ends(from, to) {
  const [x, y] = at(from);
  const [dx, dy] = [at(to)[0] - x, at(to)[1] - y];
  const edge = Math.min((BOX / 2 + 5) / Math.abs(dx || 1e-9), (TALL / 2 + 5) / Math.abs(dy || 1e-9));
  return [x + edge * dx, y + edge * dy, x + (1 - edge) * dx, y + (1 - edge) * dy];
}

function arrow([x1, y1, x2, y2]) {
  const turn = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI;
  const line = `x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"`;
  return `<g class="causal-arrow"><line class="causal-touch" ${line}/><line ${line}/>
    <path d="M2 0 L-9 -6 L-9 6 Z" transform="translate(${x2} ${y2}) rotate(${turn})"/></g>`;
}

function node([name, where]) {
  const [x, y] = at(where);
  return `<g class="causal-node"><rect x="${x - BOX / 2}" y="${y - TALL / 2}" width="${BOX}"
    height="${TALL}" rx="6"/><text x="${x}" y="${y + 5}">${name}</text></g>`;
}

const edge = (id, [cause, effect], value) => `
  <div>
    <label class="lab-check causal-keep"><input type="checkbox" checked>
      <span>${cause} <span aria-hidden="true">→</span><span class="lab-hidden">to</span> ${effect}</span></label>
    <output for="${id}" aria-hidden="true"></output>
    <input type="range" id="${id}" min="0" max="1" step="0.05" value="${value}"
      aria-label="strength of ${cause} to ${effect}">
  </div>`;

const row = (name) => `<tr><th scope="row">${name}</th><td></td><td></td><td></td></tr>`;

const markup = (id, { edges, places, start }) => `
  <div class="causal-plot">
    <svg viewBox="0 0 ${WIDE} ${HIGH}" aria-hidden="true">
      ${edges.map(([cause, effect]) => arrow(ends(places[cause], places[effect]))).join("")}
      ${Object.entries(places).map(node).join("")}
    </svg>
    <table class="lab-table lab-ruled causal-rules">
      <caption>Invited, of each group; and how far the group alone moves a score</caption>
      <thead><tr><th scope="col">rule</th><th scope="col">group 0</th>
        <th scope="col">group 1</th><th scope="col">moves</th></tr></thead>
      <tbody>${["unaware", "aware", "repaired"].map(row).join("")}</tbody>
    </table>
  </div>
  <fieldset class="lab-knobs causal-edges">
    <legend class="lab-title">Edges: cut one, or change its strength</legend>
    ${edges.map((names, i) => edge(`${id}-${i}`, names, start[i])).join("")}
  </fieldset>
  <p class="lab-verdict"></p>`;
