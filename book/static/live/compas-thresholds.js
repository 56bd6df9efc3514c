/** The lab "COMPAS thresholds": a threshold and a base rate a group, and the criteria they meet. */

import { afterPause, place } from "./lab.js";
import { baseRate, gaps, holds, identity, match, rates, sentence, shares } from "./thresholds.js";

const TOP = 0.4; // of the axis: the share of a group at one decile
const MARGIN = { left: 34, right: 8, top: 14, bottom: 22 };

let labs = 0; // on this page, so that the ids of two labs differ

place("compas-thresholds", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  new CompasThresholds(stage, setup);
});

class CompasThresholds {
  constructor(stage, setup) {
    Object.assign(this, { stage, setup });
    stage.innerHTML = markup(`compas-${++labs}`, setup);
    this.find();
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.listen();
    this.begin();
  }

  find() {
    const all = (selector) => [...this.stage.querySelectorAll(selector)];
    this.charts = all("canvas");
    this.cuts = all("input[name=threshold]");
    this.bases = all("input[name=base]");
    this.names = all("[data-group]");
    this.identities = all(".compas-identity");
    this.cells = all("tbody tr").map((row) => [...row.querySelectorAll("td")]);
    [this.verdict] = all(".lab-verdict");
    [this.live] = all("[role=status]");
  }

  listen() {
    this.stage.addEventListener("input", ({ target }) => {
      if (target.name === "base") this.base[this.bases.indexOf(target)] = Number(target.value);
      if (target.dataset.name === "groups") this.begin();
      this.schedule();
    });
    this.stage.addEventListener("click", ({ target }) => this.act(target.closest("[data-act]")));
    this.charts.forEach((chart, i) => {
      chart.addEventListener("pointerdown", (event) => {
        if (!event.isPrimary || event.button !== 0) return;
        chart.setPointerCapture(event.pointerId);
        this.drag(i, event);
      });
      chart.addEventListener("pointermove", (event) => {
        if (chart.hasPointerCapture(event.pointerId)) this.drag(i, event);
      });
    });
    new ResizeObserver(() => this.schedule()).observe(this.stage);
    new MutationObserver(() => this.schedule()).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
  }

  act(button) {
    if (!button) return;
    const { act, rate } = button.dataset;
    if (act === "match") {
      const { threshold, start } = this.setup;
      this.cuts[1].value = match(this.groups, rate, Number(this.cuts[0].value), this.base, threshold, start);
    } else if (act === "same") {
      this.setBase([this.base[0], this.base[0]]);
    } else this.begin();
    this.schedule();
  }

  /** The two groups that are chosen, as they were. */
  begin() {
    const chosen = this.stage.querySelector("input[data-name=groups]:checked").value;
    this.groups = this.setup.groups[chosen];
    for (const part of this.names) write(part, this.groups.names[part.dataset.group]);
    this.cuts.forEach((cut) => (cut.value = this.setup.start));
    this.setBase([0, 1].map((i) => baseRate(this.groups, i)));
    this.schedule();
  }

  setBase(base) {
    this.base = base;
    this.bases.forEach((slider, i) => (slider.value = base[i]));
  }

  drag(i, event) {
    const { left, width } = this.charts[i].getBoundingClientRect();
    const across = (event.clientX - left - MARGIN.left) / (width - MARGIN.left - MARGIN.right);
    this.cuts[i].value = 1 + 10 * Math.min(1, Math.max(0, across));
    this.schedule();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, counts, and shows what was found. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    this.thresholds = this.cuts.map((cut) => Number(cut.value));
    const found = rates(this.groups, this.thresholds, this.base);
    this.charts.forEach((_, i) => this.draw(i));
    this.tell(found, gaps(found));
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  draw(i) {
    const { context, width, height } = fresh(this.charts[i]);
    const colour = (name) => getComputedStyle(this.stage).getPropertyValue(name).trim();
    const step = (width - MARGIN.left - MARGIN.right) / 10;
    const y = (share) => height - MARGIN.bottom - (share / TOP) * (height - MARGIN.bottom - MARGIN.top);
    const cut = MARGIN.left + (this.thresholds[i] - 1) * step;
    context.fillStyle = colour("--lab-soft");
    context.fillRect(cut, MARGIN.top, width - MARGIN.right - cut, y(0) - MARGIN.top);
    context.font = "12px sans-serif";
    context.fillStyle = colour("--lab-quiet");
    context.strokeStyle = colour("--lab-line");
    context.textAlign = "right";
    for (const share of [0, 0.1, 0.2, 0.3, 0.4]) {
      line(context, [MARGIN.left, y(share)], [width - MARGIN.right, y(share)]);
      context.fillText(share ? share.toFixed(1) : "0", MARGIN.left - 5, y(share) + 4);
    }
    context.textAlign = "center";
    for (let k = 0; k < 10; k++) context.fillText(k + 1, MARGIN.left + (k + 0.5) * step, height - 6);
    // what lies left of the line is not flagged, and pale
    for (const [from, to, alpha] of [[0, cut, 0.4], [cut, width, 1]]) {
      context.save();
      context.beginPath();
      context.rect(from, 0, to - from, height);
      context.clip();
      context.globalAlpha = alpha;
      this.bars(context, i, step, y, colour);
      context.restore();
    }
    context.strokeStyle = context.fillStyle = colour("--lab-ink");
    context.lineWidth = 2.5;
    line(context, [cut, MARGIN.top], [cut, y(0)]);
    context.beginPath();
    context.arc(cut, MARGIN.top, 7, 0, 7);
    context.fill();
  }

  bars(context, i, step, y, colour) {
    const { yes, no } = shares(this.groups, i);
    for (let k = 0; k < 10; k++) {
      const x = MARGIN.left + k * step + 2;
      const again = this.base[i] * yes[k];
      const all = again + (1 - this.base[i]) * no[k];
      context.fillStyle = colour("--compas-again");
      context.fillRect(x, y(again), step - 4, y(0) - y(again));
      context.fillStyle = colour("--compas-not");
      context.fillRect(x, y(all), step - 4, y(again) - y(all) - 1);
    }
  }

  tell(found, gap) {
    const { rows, tolerance } = this.setup;
    this.cuts.forEach((cut, i) => show(cut, this.thresholds[i].toFixed(1)));
    this.bases.forEach((slider, i) => show(slider, this.base[i].toFixed(3)));
    this.identities.forEach((part, i) => write(part, identity(found, i)));
    rows.forEach(([name], r) => {
      const [one, other, apart, verdict] = this.cells[r];
      const pair = Array.isArray(found[name]) ? found[name].map(number) : ["", ""];
      [one, other].forEach((cell, i) => write(cell, pair[i]));
      write(apart, number(gap[name]));
      const good = holds(gap[name], tolerance);
      write(verdict, Number.isNaN(gap[name]) ? "–" : good ? "yes" : "no");
      verdict.classList.toggle("compas-broken", gap[name] > tolerance && !good);
    });
    const text = sentence(gap, rows, tolerance);
    if (write(this.verdict, text)) this.announce(text);
  }
}

const number = (value) => (Number.isNaN(value) ? "–" : value.toFixed(3));

/** The value of a slider, for eyes and for a screen reader. */
function show(slider, text) {
  write(slider.parentElement.querySelector(".lab-eps"), text);
  slider.setAttribute("aria-valuetext", text);
}

/** Sets the text of an element where it differs; true where it did. */
function write(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

/** A cleared canvas with as many points as the screen has there, measured in CSS pixels. */
function fresh(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const context = canvas.getContext("2d");
  context.scale(density, density);
  return { context, width, height };
}

function line(context, from, to) {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

const slider = (id, i, name, text, [min, max, step]) => `
  <div>
    <p class="lab-row">
      <label class="lab-title" for="${id}-${name}-${i}">${text}</label>
      <span class="lab-eps" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-${name}-${i}" name="${name}" min="${min}" max="${max}" step="${step}">
  </div>`;

const panel = (id, i, { threshold, base }) => `
  <div class="compas-group" role="group" aria-labelledby="${id}-group-${i}">
    <p class="lab-title" id="${id}-group-${i}"><span data-group="${i}"></span></p>
    <canvas role="img" aria-label="Share of the group at each decile, those charged again and the
      others, and the threshold; the slider below moves it"></canvas>
    ${slider(id, i, "threshold", "Threshold", threshold)}
    ${slider(id, i, "base", "Base rate <i>p</i>", base)}
    <p class="compas-identity"></p>
  </div>`;

const choice = (id, groups) => `
  <fieldset class="lab-choice">
    <legend>groups</legend>
    <div class="lab-segments">
      ${Object.entries(groups).map(([name, { names }], i) => `<label><input type="radio"
        name="${id}-groups" data-name="groups" value="${name}"${i ? "" : " checked"}><span>by
        ${name}</span></label>`).join("")}
    </div>
  </fieldset>`;

const MATCHES = { selection: "flagged", tpr: "TPR", fpr: "FPR", ppv: "PPV" };

const markup = (id, setup) => `
  <p class="lab-hint compas-help">The bars are the people of a group at each decile:
    <span class="compas-key compas-key-again"></span> charged again,
    <span class="compas-key compas-key-not"></span> not. Who lies right of the line is flagged. Drag
    the line, or use the sliders.</p>
  ${panel(id, 0, setup)}
  ${panel(id, 1, setup)}
  <p class="lab-hint compas-law">Below each group: FPR = <i>p</i>/(1 − <i>p</i>) × (1 − PPV)/PPV ×
    (1 − FNR), whatever you do.</p>
  <div class="lab-options">
    ${choice(id, setup.groups)}
    <div class="compas-match" role="group" aria-labelledby="${id}-match">
      <p class="lab-hint" id="${id}-match">move the second threshold until the groups are alike in</p>
      <p class="compas-buttons">${Object.entries(MATCHES).map(([rate, text]) => `<button type="button"
        class="lab-button" data-act="match" data-rate="${rate}">${text}</button>`).join("")}</p>
    </div>
    <p class="compas-buttons">
      <button type="button" class="lab-button" data-act="same">Same base rate</button>
      <button type="button" class="lab-button" data-act="begin">As it was</button>
    </p>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>
  <table class="compas-table">
    <thead><tr><th scope="col">criterion</th><th scope="col" data-group="0"></th>
      <th scope="col" data-group="1"></th><th scope="col">gap</th>
      <th scope="col">within ${setup.tolerance}?</th></tr></thead>
    <tbody>${setup.rows.map(([, title, counted]) => `<tr><th scope="row">${title}<small>${counted}</small></th>
      <td></td><td></td><td></td><td></td></tr>`).join("")}</tbody>
  </table>`;
