/** The lab "transfer map": who fools whom, how, and with what budget. */

import { afterPause, place } from "./lab.js";
import { rate, sentence } from "./transfer-rates.js";

let labs = 0; // on this page, so that the ids of two labs differ

place("transfer-map", async (stage, files) => {
  new TransferMap(stage, await (await files.read("lab.json")).json());
});

class TransferMap {
  constructor(stage, setup) {
    this.stage = stage;
    this.setup = setup;
    stage.innerHTML = markup(`transfer-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.knobs = ["attack", "source", "target", "budget"].map((n) => one(`[data-name=${n}]`));
    this.cells = [...stage.querySelectorAll(".transfer-map tbody tr")].map((row) => [
      ...row.querySelectorAll("td"),
    ]);
    this.budgetText = one(".transfer-budget");
    this.curves = ["pair", "noise"].map((name) => one(`.transfer-${name}`));
    this.marker = one(".transfer-now");
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, and shows what came of it. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const [attack, i, j, budget] = this.knobs.map((knob) => Number(knob.value));
    const { setup } = this;
    const eps = setup.budgets[budget].toFixed(2);
    this.budgetText.textContent = eps;
    this.knobs[3].setAttribute("aria-valuetext", eps);
    this.cells.forEach((row, a) =>
      row.forEach((cell, b) => {
        const { share } = rate(setup, attack, budget, a, b);
        cell.textContent = share.toFixed(2);
        cell.style.setProperty("--share", share.toFixed(3));
        cell.classList.toggle("transfer-pale", share > 0.45);
        cell.classList.toggle("transfer-chosen", a === i && b === j);
      }),
    );
    this.curves.forEach((curve, k) => {
      const of = (b) => rate(setup, k ? setup.noise : attack, b, i, j).share;
      curve.setAttribute("points", setup.budgets.map((_, b) => at(setup, b, of(b))).join(" "));
    });
    const [x, y] = at(setup, budget, rate(setup, attack, budget, i, j).share).split(",");
    this.marker.setAttribute("cx", x);
    this.marker.setAttribute("cy", y);
    const text = sentence(setup, attack, budget, i, j);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }
}

/** A place in the chart, whose box is 240 by 120. */
const at = ({ budgets }, b, share) =>
  `${(10 + (220 * b) / (budgets.length - 1)).toFixed(1)},${(110 - 100 * share).toFixed(1)}`;

const menu = (id, name, title, options, chosen) => `
  <div class="lab-target">
    <label for="${id}-${name}">${title}</label>
    <select id="${id}-${name}" data-name="${name}">
      ${options
        .map((o, k) => `<option value="${k}"${o === chosen ? " selected" : ""}>${o}</option>`)
        .join("")}
    </select>
  </div>`;

const markup = (id, { names, attacks, budgets, start }) => `
  <div class="lab-knobs">
    ${menu(id, "attack", "attack", attacks, start.attack)}
    ${menu(id, "source", "made for", names, start.source)}
    ${menu(id, "target", "put before", names, start.target)}
    <div>
      <p class="lab-row">
        <label class="lab-title" for="${id}-budget">Budget</label>
        <span class="lab-value transfer-budget" aria-hidden="true"></span>
      </p>
      <input type="range" id="${id}-budget" data-name="budget" min="0"
        max="${budgets.length - 1}" step="1" value="${start.budget}">
    </div>
  </div>
  <div class="transfer-side">
    <table class="transfer-map">
      <caption>Share fooled</caption>
      <thead><tr><th scope="col">made for</th>
        ${names.map((name) => `<th scope="col">${name}</th>`).join("")}</tr></thead>
      <tbody>${names
        .map((name) => `<tr><th scope="row">${name}</th>${"<td></td>".repeat(names.length)}</tr>`)
        .join("")}</tbody>
    </table>
    <svg class="transfer-chart" viewBox="0 0 240 120" aria-hidden="true">
      <path d="M10 10V110H230"/>
      <polyline class="transfer-noise"/>
      <polyline class="transfer-pair"/>
      <circle class="transfer-now" r="4"/>
    </svg>
    <p class="lab-hint">The pair that you chose, from no budget to the largest, against random
      signs (dashed).</p>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
