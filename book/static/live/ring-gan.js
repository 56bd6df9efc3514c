/** The lab "ring GAN": trainings on a ring of eight Gaussians, played back. */

import { afterPause, place } from "./lab.js";
import { coverage, pointsOf, sentence } from "./ring-coverage.js";

const [WIDTH, HEIGHT] = [320, 112]; // of the chart, without its margins
const DOT = 2; // radius of a point on the screen
const SPEEDS = { slow: 4, medium: 10, fast: 25 }; // pictures a second
const CALM = [5, 900]; // pictures at once, and the pause after them, where motion is unwelcome

let labs = 0; // on this page, so that the ids of two labs differ

place("ring-gan", async (stage, files) => {
  const [setup, bytes] = await Promise.all([
    files.read("lab.json").then((response) => response.json()),
    files.read("games.bin").then((response) => response.arrayBuffer()),
  ]);
  new RingGan(stage, setup, new Uint8Array(bytes));
});

class RingGan {
  constructor(stage, setup, bytes) {
    Object.assign(this, { stage, setup, bytes, playing: null });
    stage.innerHTML = markup(`ring-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.plane = one("canvas");
    this.play = one("[data-act=play]");
    this.speed = one("select");
    this.time = one("input[type=range]");
    this.value = one(".lab-value");
    this.lines = [...stage.querySelectorAll("polyline")].reverse(); // that of the played seed first
    this.ruler = one(".ruler");
    this.verdict = one(".lab-verdict");
    this.live = one("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    this.listen();
    this.frame();
  }

  listen() {
    this.stage.addEventListener("input", (event) => {
      if (event.target === this.time) this.stop();
      this.schedule();
    });
    this.play.addEventListener("click", () => this.toggle());
    this.speed.addEventListener("change", () => {
      if (!this.playing) return;
      this.stop();
      this.start();
    });
    this.time.addEventListener("keydown", (event) => {
      if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (!event.repeat) this.toggle();
    });
    const redraw = () => this.schedule();
    new ResizeObserver(redraw).observe(this.stage);
    new MutationObserver(redraw).observe(document.documentElement, {
      attributeFilter: ["data-theme"],
    });
  }

  // playing: only when asked to

  toggle() {
    if (this.playing) this.stop();
    else this.start();
  }

  start() {
    const last = this.setup.pictures;
    if (Number(this.time.value) >= last) this.time.value = 0;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [stride, pause] = calm ? CALM : [1, 1000 / SPEEDS[this.speed.value]];
    this.playing = setInterval(() => {
      this.time.value = Number(this.time.value) + stride;
      if (Number(this.time.value) >= last) this.stop();
      this.schedule();
    }, pause);
    this.play.textContent = "Pause";
    this.schedule();
  }

  stop() {
    clearInterval(this.playing);
    this.playing = null;
    this.play.textContent = "Play";
  }

  // a frame

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, counts, and shows the picture and where it stands in its game. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const { setup } = this;
    const game = Number(this.stage.querySelector("input[data-name=game]:checked").value);
    const picture = Number(this.time.value);
    const points = pointsOf(this.bytes, setup, game, picture);
    const seen = coverage(points, setup);
    if (game !== this.shown) this.drawCurves(game);
    this.drawPlane(points, seen);
    const x = (WIDTH * picture) / setup.pictures;
    this.ruler.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
    this.value.textContent = picture * setup.every;
    const modes = `${seen.covered} of ${setup.centres.length} modes`;
    this.time.setAttribute("aria-valuetext", `${picture * setup.every} updates, ${modes}`);
    const text = sentence(setup, game, picture, seen);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  /** Modes over the updates: counted here for the game that is played, known for the others. */
  drawCurves(game) {
    this.shown = game;
    const { setup } = this;
    const own = Array.from({ length: setup.pictures + 1 }, (_, t) => {
      return coverage(pointsOf(this.bytes, setup, game, t), setup).covered;
    });
    [own, ...setup.games[game].others].forEach((counts, i) => {
      const at = (count, t) =>
        `${((WIDTH * t) / setup.pictures).toFixed(1)},${(HEIGHT * (1 - count / setup.centres.length)).toFixed(1)}`;
      this.lines[i].setAttribute("points", counts.map(at).join(" "));
    });
  }

  drawPlane(points, { reached }) {
    const { clientWidth: width, clientHeight: height } = this.plane;
    const density = window.devicePixelRatio || 1;
    this.plane.width = Math.round(width * density);
    this.plane.height = Math.round(height * density);
    const context = this.plane.getContext("2d");
    context.scale(density, density);
    const { reach, centres, within } = this.setup;
    const scale = width / (2 * reach);
    const at = (x, y) => [width / 2 + scale * x, height / 2 - scale * y];
    const styles = getComputedStyle(this.stage);
    const colour = (name) => styles.getPropertyValue(name).trim();
    centres.forEach(([x, y], i) => {
      context.strokeStyle = colour(reached[i] ? "--lab-ink" : "--lab-quiet");
      context.lineWidth = reached[i] ? 2.5 : 1;
      context.setLineDash(reached[i] ? [] : [3, 4]);
      context.beginPath();
      context.arc(...at(x, y), scale * within, 0, 7);
      context.stroke();
    });
    context.fillStyle = colour("--lab-accent");
    for (let i = 0; i < points.length; i += 2) {
      context.beginPath();
      context.arc(...at(points[i], points[i + 1]), DOT, 0, 7);
      context.fill();
    }
  }
}

const markup = (id, { games, pictures, every, drawn, start, centres }) => `
  <figure class="ring-plane">
    <canvas role="img" aria-label="The points that the generator draws, and circles around the modes
      of the data; the sentence says how many are covered"></canvas>
    <figcaption>${drawn} points from the generator. A circle around a mode is drawn in full where
      the mode is covered, and dashed where it is not.</figcaption>
  </figure>
  <div class="lab-knobs">
    <fieldset class="lab-choice ring-games">
      <legend>steps of G : steps of D</legend>
      <div class="lab-segments">
        ${games
          .map(
            ({ name }, i) => `<label><input type="radio" name="${id}-game" data-name="game" value="${i}"
              ${i === start.game ? "checked" : ""}><span>${name}</span></label>`,
          )
          .join("")}
      </div>
    </fieldset>
    <div class="ring-play">
      <button type="button" class="lab-button" data-act="play">Play</button>
      <label class="lab-target" for="${id}-speed">speed
        <select id="${id}-speed">${Object.keys(SPEEDS)
          .map((name) => `<option${name === start.speed ? " selected" : ""}>${name}</option>`)
          .join("")}</select></label>
    </div>
    <div>
      <p class="lab-row">
        <label class="lab-title" for="${id}-time">Updates</label>
        <span class="lab-value" aria-hidden="true"></span>
      </p>
      <input type="range" id="${id}-time" data-name="time" min="0" max="${pictures}" step="1"
        value="${start.picture}" aria-describedby="${id}-keys">
      <p class="lab-hint" id="${id}-keys">By keyboard: arrows go through the game, Space plays it.</p>
    </div>
    <div class="masked-plot">
      <svg viewBox="-20 -8 342 140" aria-hidden="true">
        <path class="axes" d="M0 0V${HEIGHT}H${WIDTH}"/>
        <text x="-6" y="4" text-anchor="end">${centres.length}</text>
        <text x="-6" y="${HEIGHT / 2 + 4}" text-anchor="end">${centres.length / 2}</text>
        <text x="-6" y="${HEIGHT + 4}" text-anchor="end">0</text>
        <text x="0" y="${HEIGHT + 16}">0</text>
        <text x="${WIDTH}" y="${HEIGHT + 16}" text-anchor="end">${pictures * every} updates</text>
        <line class="ruler" y2="${HEIGHT}"/>
        ${games[0].others.map(() => `<polyline class="ring-other"/>`).join("")}<polyline/>
      </svg>
      <p class="lab-hint">Modes covered. Thick: the game that is played. Thin: two other seeds.</p>
    </div>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
