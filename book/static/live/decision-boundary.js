/** The lab "decision boundary": two classes of points, a linear model, and its learning rate. */

import { descend, design, plain, safeRate, score, sentence } from "./boundary.js";
import { segments, slider, tell } from "./controls.js";
import { followPage, rgb } from "./drawing.js";
import { Lab, place, write } from "./lab.js";

const CELLS = 72; // of the coloured field, in each direction
const REACH = 2; // the board shows [-2, 2] x [-2, 2]
const LOWEST = 0.1; // of the chart of the risk, whose axis is logarithmic
const HIGHEST = 10;
const TICKS = 20; // of the rate's slider in one power of ten
const ADDED = 60; // points at most that a reader adds
const CLASSES = ["blue circle", "orange square"];
const STEPS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

place("decision-boundary", async (stage, files) => {
  new DecisionBoundary(stage, await files.json("lab.json"));
});

class DecisionBoundary extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.added = [];
    this.cursor = [0, 0];
    this.fixed = {}; // of each model: the fresh points, and the corners of the field
    this.board = this.one(".lab-board canvas");
    this.chart = this.one(".lab-chart canvas");
    this.cross = this.one(".lab-cross");
    this.rate = this.control("rate");
    this.steps = this.control("steps");
    this.mark = this.one(".lab-mark");
    this.play = this.one("[data-act=play]");
    this.undo = this.one("[data-act=undo]");
    this.field = document.createElement("canvas");
    this.field.width = this.field.height = CELLS;
    this.listen();
    this.frame();
  }

  listen() {
    this.stage.addEventListener("input", (event) => {
      if (event.target === this.steps) this.stop();
      this.schedule();
    });
    const act = (name, action) =>
      this.one(`[data-act=${name}]`).addEventListener("click", action);
    act("play", () => (this.playing ? this.stop() : this.start()));
    act("undo", () => this.remove());
    act("reset", () => this.keep([]));
    this.board.addEventListener("click", (event) => this.tap(event));
    this.board.addEventListener("keydown", (event) => this.key(event));
    this.board.addEventListener("blur", () => (this.cross.hidden = true));
    followPage(this.stage, () => this.schedule());
  }

  // the points

  tap(event) {
    if (event.detail === 0) return; // a click that the keyboard made
    const box = this.board.getBoundingClientRect();
    const right = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    this.add(REACH * (2 * right - 1), REACH * (1 - 2 * down));
  }

  add(x1, x2) {
    if (this.added.length === ADDED) return this.announce("The board holds no more points.");
    const label = this.number("label");
    this.keep([...this.added, [tidy(x1), tidy(x2), label]]);
  }

  remove() {
    this.keep(this.added.slice(0, -1));
  }

  keep(points) {
    this.added = points;
    this.schedule();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS) this.walk(...STEPS[event.key], event.shiftKey ? 0.5 : 0.1);
    else if (event.key === " " || event.key === "Enter") this.add(...this.cursor);
    else if (event.key === "Delete" || event.key === "Backspace") this.remove();
    else return;
    event.preventDefault();
    this.cross.hidden = false;
    this.cross.style.left = `${(50 * (this.cursor[0] + REACH)) / REACH}%`;
    this.cross.style.top = `${(50 * (REACH - this.cursor[1])) / REACH}%`;
  }

  walk(right, up, size) {
    const inside = (value) => Math.min(REACH - 0.1, Math.max(0.1 - REACH, tidy(value)));
    this.cursor = [inside(this.cursor[0] + right * size), inside(this.cursor[1] + up * size)];
    this.announce(`Cursor at ${this.cursor.map((value) => value.toFixed(1)).join(", ")}.`);
  }

  // playing

  start() {
    if (Number(this.steps.value) >= this.setup.steps) this.steps.value = 0;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [stride, pause] = calm ? [20, 600] : [1, 30];
    this.playing = setInterval(() => {
      this.steps.value = Number(this.steps.value) + stride;
      if (Number(this.steps.value) >= this.setup.steps) this.stop();
      this.schedule();
    }, pause);
    write(this.play, "Pause");
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    write(this.play, "Play");
  }

  // a frame

  /** Reads the controls, trains the model, and shows what came of it. */
  update() {
    const [model, loss] = ["model", "loss"].map((name) => this.control(name).value);
    const rate = 10 ** (Number(this.rate.value) / TICKS);
    const points = [...this.setup.points, ...this.added];
    const data = design(model, points);
    const { fresh, grid } = (this.fixed[model] ??= {
      fresh: design(model, this.setup.fresh),
      grid: design(model, corners()),
    });
    const run = descend(data, { loss, rate, steps: this.setup.steps });
    const step = Number(this.steps.value);
    const weights = run.path[Math.min(step, run.path.length - 1)];
    this.label({ data, fresh, run, rate, step, loss });
    const ink = colours(this.stage);
    this.drawBoard(ink, { data, grid, loss, weights, points });
    this.drawChart(ink, run, step);
  }

  label({ data, fresh, run, rate, step, loss }) {
    const safe = safeRate(data, loss);
    tell(this.rate, plain(rate), `${plain(rate)}; safe up to ${plain(safe)}`);
    tell(this.steps, step);
    const place = (Math.log10(safe) * TICKS - this.rate.min) / (this.rate.max - this.rate.min);
    this.mark.style.setProperty("--at", Math.min(1, Math.max(0, place)).toFixed(4));
    write(this.mark.lastElementChild, `2/L = ${plain(safe)}`);
    this.undo.disabled = this.added.length === 0;
    const text = sentence({ data, fresh, run, rate, step });
    if (write(this.verdict, text) && !this.playing) this.announce(text);
    const rising = step > 0 && run.risks[Math.min(step, run.risks.length - 1)] > run.risks[0];
    this.stage.classList.toggle("lab-rising", rising);
  }

  drawBoard(ink, { data, grid, loss, weights, points }) {
    const context = fit(this.board);
    const { width, height } = this.board;
    const scores = scoresOf(grid, weights);
    paintField(this.field, scores, loss, ink);
    context.fillStyle = ink.paper;
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.field, 0, 0, width, height);
    const unit = width / 100;
    context.strokeStyle = ink.ink;
    context.lineWidth = 0.7 * unit;
    contour(context, scores, width, height);
    const placed = scoresOf(data, weights);
    points.forEach(([x1, x2, label], i) => {
      const wrong = placed[i] > 0 !== label > 0;
      const x = (width * (x1 + REACH)) / (2 * REACH);
      const y = (height * (REACH - x2)) / (2 * REACH);
      drawPoint(context, x, y, unit, label, ink, wrong && weights.some((w) => w !== 0));
    });
  }

  drawChart(ink, { risks, diverged }, step) {
    const context = fit(this.chart);
    const { width, height } = this.chart;
    const dot = window.devicePixelRatio || 1;
    const [left, top, right, bottom] = [34 * dot, 8 * dot, width - 10 * dot, height - 22 * dot];
    const x = (k) => left + ((right - left) * k) / this.setup.steps;
    const part = (r) => Math.log(Math.min(HIGHEST, Math.max(LOWEST, r)) / LOWEST);
    const y = (r) => bottom - ((bottom - top) * part(r)) / Math.log(HIGHEST / LOWEST);
    context.clearRect(0, 0, width, height);
    context.font = `${12 * dot}px system-ui, sans-serif`;
    context.fillStyle = ink.quiet;
    context.strokeStyle = ink.line;
    context.lineWidth = dot;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const r of [0.1, 1, 10]) {
      line(context, left, y(r), right, y(r));
      context.fillText(String(r), left - 5 * dot, y(r) + (r === 10 ? 3 * dot : 0));
    }
    context.textBaseline = "bottom";
    for (const k of [0, 50, 100, 150, 200]) {
      context.textAlign = k === 200 ? "right" : "center";
      context.fillText(String(k), x(k), height - 2 * dot);
    }
    context.setLineDash([3 * dot, 3 * dot]);
    line(context, x(step), top, x(step), bottom);
    context.setLineDash([]);
    context.strokeStyle = ink.accent;
    context.lineWidth = 2 * dot;
    context.beginPath();
    risks.forEach((r, k) => context.lineTo(x(k), y(r)));
    if (diverged !== null) context.lineTo(right, top);
    context.stroke();
    context.fillStyle = ink.ink;
    context.beginPath();
    const now = risks[Math.min(step, risks.length - 1)];
    context.arc(x(step), y(now), 4.5 * dot, 0, 7);
    context.fill();
  }
}

const tidy = (value) => Math.round(value * 1000) / 1000;

/** Gives a canvas as many points as it has on the screen. */
function fit(canvas) {
  const dots = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * dots));
  const height = Math.max(1, Math.round(canvas.clientHeight * dots));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  return canvas.getContext("2d");
}

function colours(stage) {
  const style = getComputedStyle(stage);
  const names = ["paper", "ink", "quiet", "line", "accent", "first", "second"];
  return Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--lab-${n}`).trim()]));
}

/** The corners of the field's cells, row by row from the top. */
function corners() {
  const at = (i) => REACH * ((2 * i) / CELLS - 1);
  const side = Array.from({ length: CELLS + 1 }, (_, i) => at(i));
  return side.flatMap((down) => side.map((right) => [right, -down, 0]));
}

function scoresOf({ rows, width, n }, weights) {
  const scores = new Float64Array(n);
  for (let i = 0; i < n; i++) scores[i] = score(rows, i * width, weights);
  return scores;
}

/** The colour of the likelier class, the fuller the surer the model is. */
function paintField(canvas, scores, loss, ink) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(CELLS, CELLS);
  const pair = [ink.first, ink.second].map(rgb);
  for (let i = 0; i < CELLS; i++) {
    for (let j = 0; j < CELLS; j++) {
      const z = scores[i * (CELLS + 1) + j];
      const sure = loss === "logistic" ? Math.abs(Math.tanh(z / 2)) : Math.min(1, Math.abs(z));
      const [r, g, b] = pair[z > 0 ? 1 : 0];
      const at = 4 * (i * CELLS + j);
      image.data[at] = r;
      image.data[at + 1] = g;
      image.data[at + 2] = b;
      image.data[at + 3] = 105 * sure;
    }
  }
  context.putImageData(image, 0, 0);
}

/** The line on which the score is zero, cell by cell. */
function contour(context, scores, width, height) {
  const side = CELLS + 1;
  context.beginPath();
  for (let i = 0; i < CELLS; i++) {
    for (let j = 0; j < CELLS; j++) {
      const here = i * side + j;
      const positive = scores[here] > 0;
      if (
        scores[here + 1] > 0 === positive &&
        scores[here + side] > 0 === positive &&
        scores[here + side + 1] > 0 === positive
      ) {
        continue;
      }
      const around = [
        [i, j],
        [i, j + 1],
        [i + 1, j + 1],
        [i + 1, j],
      ];
      const cuts = [];
      around.forEach(([r, c], k) => {
        const [r2, c2] = around[(k + 1) % 4];
        const a = scores[r * side + c];
        const b = scores[r2 * side + c2];
        if (a > 0 === b > 0) return;
        const t = a / (a - b);
        cuts.push([((c + t * (c2 - c)) * width) / CELLS, ((r + t * (r2 - r)) * height) / CELLS]);
      });
      for (let k = 0; k + 1 < cuts.length; k += 2) {
        context.moveTo(...cuts[k]);
        context.lineTo(...cuts[k + 1]);
      }
    }
  }
  context.stroke();
}

/** A blue circle or an orange square; with a thick rim where the model puts it on the wrong side. */
function drawPoint(context, x, y, unit, label, ink, wrong) {
  context.beginPath();
  if (label) context.rect(x - 1.5 * unit, y - 1.5 * unit, 3 * unit, 3 * unit);
  else context.arc(x, y, 1.7 * unit, 0, 7);
  context.fillStyle = label ? ink.second : ink.first;
  context.fill();
  context.strokeStyle = wrong ? ink.ink : ink.paper;
  context.lineWidth = (wrong ? 0.7 : 0.35) * unit;
  context.stroke();
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

const MARK = `
      <div class="lab-mark" aria-hidden="true"><i></i><span></span></div>`;
const PLAY = `
      <button type="button" class="lab-button" data-act="play">Play</button>`;

const markup = (id, { start, steps, models, losses }) => `
  <div class="lab-stack">
    <p class="lab-title" id="${id}-board">The points and the boundary</p>
    <div class="lab-board">
      <canvas tabindex="0" role="application" aria-label="Board of points"
        aria-describedby="${id}-help"></canvas>
      <span class="lab-cross" aria-hidden="true" hidden></span>
    </div>
    <p class="lab-hint" id="${id}-help">Click or tap to add a point. By keyboard: arrows move,
      space adds, Delete takes the last one back. A thick rim: on the wrong side.</p>
  </div>
  <div class="lab-knobs">
    ${slider(id, "rate", "Learning rate", { min: -2 * TICKS, max: 2 * TICKS, value: start.rate }, MARK)}
    ${slider(id, "steps", "Steps", { max: steps, value: start.steps }, PLAY)}
    <div class="lab-chart">
      <p class="lab-title">Empirical risk, step by step</p>
      <canvas class="lab-clear" role="img" aria-label="Curve of the empirical risk over the steps; the sentence
        below gives its value"></canvas>
    </div>
  </div>
  <p class="lab-verdict"></p>
  <div class="lab-options lab-full">
    ${segments(id, "model", "Model", Object.entries(models), start.model)}
    ${segments(id, "loss", "Loss", Object.entries(losses), start.loss)}
    ${segments(id, "label", "Point to add", [...CLASSES.entries()], 0)}
    <button type="button" class="lab-button" data-act="undo">Take the last one back</button>
    <button type="button" class="lab-button" data-act="reset">The points as they were</button>
  </div>`;
