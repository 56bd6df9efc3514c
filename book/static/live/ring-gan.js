/** The lab "ring GAN": trainings on a ring of eight Gaussians, played back. */

import { menu, segments, slider, tell } from "./controls.js";
import { colour, disc, followPage, fresh } from "./drawing.js";
import { Lab, place } from "./lab.js";
import { coverage, pointsOf, sentence } from "./ring-coverage.js";

const [WIDTH, HEIGHT] = [320, 112]; // of the chart, without its margins
const DOT = 2; // radius of a point on the screen
const SPEEDS = { slow: 4, medium: 10, fast: 25 }; // pictures a second
const CALM = [5, 900]; // pictures at once, and the pause after them, where motion is unwelcome

place("ring-gan", async (stage, files) => {
  const [setup, bytes] = await Promise.all([files.json("lab.json"), files.bytes("games.bin")]);
  new RingGan(stage, setup, new Uint8Array(bytes));
});

class RingGan extends Lab {
  constructor(stage, setup, bytes) {
    super(stage, setup, markup);
    Object.assign(this, { bytes, playing: null });
    this.plane = this.one("canvas");
    this.play = this.one("[data-act=play]");
    this.speed = this.control("speed");
    this.time = this.control("time");
    this.lines = this.all("polyline").reverse(); // that of the played seed first
    this.ruler = this.one(".ruler");
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
    followPage(this.stage, () => this.schedule());
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

  /** Reads the controls, counts, and shows the picture and where it stands in its game. */
  update() {
    const { setup } = this;
    const game = this.number("game");
    const picture = Number(this.time.value);
    const points = pointsOf(this.bytes, setup, game, picture);
    const seen = coverage(points, setup);
    if (game !== this.shown) this.drawCurves(game);
    this.drawPlane(points, seen);
    const x = (WIDTH * picture) / setup.pictures;
    this.ruler.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
    const modes = `${seen.covered} of ${setup.centres.length} modes`;
    tell(this.time, picture * setup.every, `${picture * setup.every} updates, ${modes}`);
    this.say(sentence(setup, game, picture, seen));
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
    const { context, width, height } = fresh(this.plane);
    const { reach, centres, within } = this.setup;
    const scale = width / (2 * reach);
    const at = (x, y) => [width / 2 + scale * x, height / 2 - scale * y];
    centres.forEach(([x, y], i) => {
      context.strokeStyle = colour(this.stage, reached[i] ? "--lab-ink" : "--lab-quiet");
      context.lineWidth = reached[i] ? 2.5 : 1;
      context.setLineDash(reached[i] ? [] : [3, 4]);
      context.beginPath();
      context.arc(...at(x, y), scale * within, 0, 7);
      context.stroke();
    });
    context.fillStyle = colour(this.stage, "--lab-accent");
    for (let i = 0; i < points.length; i += 2) disc(context, ...at(points[i], points[i + 1]), DOT);
  }
}

const updates = (id, max, value) =>
  slider(
    id,
    "time",
    "Updates",
    { max, value, more: ` aria-describedby="${id}-keys"` },
    `<p class="lab-hint" id="${id}-keys">By keyboard: arrows go through the game, Space plays it.</p>`,
  );

const names = (games) => games.map(({ name }, i) => [i, name]);

const markup = (id, { games, pictures, every, drawn, start, centres }) => `
  <figure class="ring-plane">
    <canvas class="lab-clear" role="img" aria-label="The points that the generator draws, and circles around the modes
      of the data; the sentence says how many are covered"></canvas>
    <figcaption>${drawn} points from the generator. A circle around a mode is drawn in full where
      the mode is covered, and dashed where it is not.</figcaption>
  </figure>
  <div class="lab-knobs">
    ${segments(id, "game", "steps of G : steps of D", names(games), start.game)}
    <div class="ring-play">
      <button type="button" class="lab-button" data-act="play">Play</button>
      ${menu(id, "speed", "speed", Object.keys(SPEEDS).map((name) => [name, name]), start.speed)}
    </div>
    ${updates(id, pictures, start.picture)}
    <div class="lab-plot">
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
  <p class="lab-verdict"></p>`;
