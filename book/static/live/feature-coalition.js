/** The lab "feature coalition": the answers of a person in Adult, switched on and off. */

import { menu } from "./controls.js";
import { colour, disc, followPage, fresh, line } from "./drawing.js";
import { Lab, place, write } from "./lab.js";

const GOLDEN = 0.618034; // spreads the dots of one size over their column

place("feature-coalition", async (stage, files) => {
  const [setup, block] = await Promise.all([files.json("lab.json"), files.bytes("worths.bin")]);
  new FeatureCoalition(stage, setup, new Float32Array(block));
});

/** The Shapley values of a game of d players from the worths of all its coalitions. */
export function shapley(worths, d) {
  const share = [1 / d]; // of a coalition of s others: s! (d - s - 1)! / d!
  for (let s = 1; s < d; s++) share.push((share[s - 1] * s) / (d - s));
  const phi = new Float64Array(d);
  for (let row = 0; row < worths.length; row++) {
    const s = count(row);
    for (let i = 0; i < d; i++) {
      if (!(row & bit(i, d))) phi[i] += share[s] * (worths[row | bit(i, d)] - worths[row]);
    }
  }
  return phi;
}

/** What each player adds to the others of the coalition in `row`. */
export function gains(worths, row, d) {
  return Float64Array.from({ length: d }, (_, i) => worths[row | bit(i, d)] - worths[row & ~bit(i, d)]);
}

const bit = (i, d) => 1 << (d - 1 - i);

function count(row) {
  let ones = 0;
  for (let rest = row; rest; rest &= rest - 1) ones++;
  return ones;
}

class FeatureCoalition extends Lab {
  constructor(stage, setup, worths) {
    super(stage, setup, markup);
    this.d = setup.names.length;
    const all = 2 ** this.d;
    this.people = setup.people.map((person, i) => {
      const own = worths.subarray(i * all, (i + 1) * all);
      return { ...person, worths: own, shapley: shapley(own, this.d) };
    });
    const highest = this.people.reduce((top, { worths: own }) => own.reduce((a, b) => Math.max(a, b), top), 0);
    this.top = Math.ceil(4 * highest) / 4; // of the picture, in quarters
    this.row = all - 1;
    this.find();
    this.listen();
    this.frame();
  }

  find() {
    this.choice = this.control("person");
    this.boxes = this.all("tbody input");
    this.rows = this.all("tbody tr").map((row) => ({
      answer: row.querySelector(".coalition-answer"),
      bars: [...row.querySelectorAll(".coalition-bar")],
      numbers: [...row.querySelectorAll(".lab-number")],
    }));
    this.canvas = this.one("canvas");
  }

  listen() {
    this.choice.addEventListener("input", () => this.schedule());
    this.boxes.forEach((box, i) => {
      box.addEventListener("input", () => this.go(this.row ^ bit(i, this.d)));
    });
    const all = 2 ** this.d - 1;
    const acts = { all: () => all, none: () => 0, swap: () => all ^ this.row };
    for (const button of this.all("[data-act]")) {
      button.addEventListener("click", () => this.go(acts[button.dataset.act]()));
    }
    this.canvas.addEventListener("click", (event) => this.pick(event));
    followPage(this.stage, () => this.schedule());
  }

  go(row) {
    this.row = row;
    this.schedule();
  }

  /** Reads the controls, looks the coalition up, and shows it. */
  update() {
    this.person = this.people[Number(this.choice.value)];
    this.boxes.forEach((box, i) => (box.checked = Boolean(this.row & bit(i, this.d))));
    this.tell();
    this.draw();
  }

  tell() {
    const { person, d } = this;
    const now = gains(person.worths, this.row, d);
    const values = this.setup.names.map((_, i) => [now[i], person.shapley[i]]);
    const most = Math.max(0.25, ...values.flat().map(Math.abs));
    this.rows.forEach(({ answer, bars, numbers }, i) => {
      write(answer, person.answers[i]);
      values[i].forEach((value, k) => {
        bars[k].style.transform = `scaleX(${value / most})`;
        write(numbers[k], points(value));
      });
    });
    this.say(sentence(this.setup.names, person, this.row, now));
  }

  /** Where a coalition lies in the picture: its size to the right, its chance upwards. */
  at(row, width, height) {
    const size = count(row);
    const spread = ((row * GOLDEN) % 1) - 0.5;
    const edge = size === 0 || size === this.d ? 0 : spread;
    const x = 40 + ((width - 56) * (size + 0.7 * edge + 0.3)) / (this.d + 0.6);
    return [x, height - 34 - ((height - 46) * this.person.worths[row]) / this.top];
  }

  draw() {
    const { context, width, height } = fresh(this.canvas);
    this.axes(context, width, height);
    context.fillStyle = colour(this.stage, "--lab-before");
    for (let row = 0; row < this.person.worths.length; row++) {
      const [x, y] = this.at(row, width, height);
      context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
    }
    const here = this.at(this.row, width, height);
    context.strokeStyle = colour(this.stage, "--lab-accent");
    context.lineWidth = 1.25;
    for (let i = 0; i < this.d; i++) {
      line(context, here, this.at(this.row ^ bit(i, this.d), width, height));
    }
    context.fillStyle = colour(this.stage, "--lab-alarm");
    disc(context, ...here, 6);
  }

  axes(context, width, height) {
    context.font = "12px sans-serif";
    context.fillStyle = colour(this.stage, "--lab-quiet");
    context.strokeStyle = colour(this.stage, "--lab-line");
    context.textAlign = "right";
    for (let tick = 0; tick <= 100 * this.top; tick += 25) {
      const y = height - 34 - ((height - 46) * tick) / (100 * this.top);
      line(context, [40, y], [width - 8, y]);
      context.fillText(`${tick} %`, 36, y + 4);
    }
    context.textAlign = "center";
    for (let size = 0; size <= this.d; size += 3) {
      const x = 40 + ((width - 56) * (size + 0.3)) / (this.d + 0.6);
      context.fillText(String(size), x, height - 19);
    }
    context.fillText("answers on", 40 + (width - 56) / 2, height - 4);
  }

  /** The coalition whose dot lies nearest to where the reader pointed. */
  pick(event) {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { clientWidth: width, clientHeight: height } = this.canvas;
    let best = [Infinity, this.row];
    for (let row = 0; row < this.person.worths.length; row++) {
      const [u, v] = this.at(row, width, height);
      const distance = (u - x) ** 2 + (v - y) ** 2;
      if (distance < best[0]) best = [distance, row];
    }
    this.go(best[1]);
  }
}

/** What is to be seen, in words: the same as in `sdl_lib.live.feature_coalition`. */
function sentence(names, { worths, shapley: phi }, row, now) {
  const size = Array.from(now, Math.abs);
  const most = size.indexOf(Math.max(...size));
  return (
    `With ${count(row)} of ${names.length} answers on, the network gives ${percent(worths[row])}; with ` +
    `none ${percent(worths[0])}, with all ${percent(worths.at(-1))}. Beside the others that are on, ` +
    `${names[most]} matters most now: ${points(now[most])} points. Over all orders it ` +
    `adds ${points(phi[most])} in the mean, its Shapley value.`
  );
}

const percent = (p) => `${(100 * p).toFixed(1)}\u00a0%`;

function points(p) {
  const text = Math.abs(100 * p).toFixed(1);
  return text === "0.0" ? text : `${p < 0 ? "−" : "+"}${text}`;
}

const number = `<td><span class="coalition-track" aria-hidden="true"><span class="coalition-bar"></span></span>
  <span class="lab-number"></span></td>`;

const markup = (id, { names, people }) => `
  <div class="lab-options lab-full">
    ${menu(id, "person", "person", [...people.map(({ name }) => name).entries()], 0)}
    <button type="button" class="lab-button" data-act="all">All on</button>
    <button type="button" class="lab-button" data-act="none">All off</button>
    <button type="button" class="lab-button" data-act="swap">Swap on and off</button>
  </div>
  <table class="lab-table lab-ruled coalition-table">
    <thead><tr><th scope="col">answers that the network sees</th><th scope="col">adds now</th>
      <th scope="col">Shapley</th></tr></thead>
    <tbody>
      ${names
        .map(
          (name) => `<tr><th scope="row"><label class="lab-check"><input type="checkbox" checked>
            <span><span>${name}</span> <span class="coalition-answer"></span></span></label></th>
            ${number}${number}</tr>`,
        )
        .join("")}
    </tbody>
  </table>
  <figure class="lab-stack coalition-cloud">
    <p class="lab-title" id="${id}-cloud">All ${2 ** names.length} coalitions</p>
    <canvas class="lab-clear" role="img" aria-labelledby="${id}-cloud" aria-describedby="${id}-help"></canvas>
    <p class="lab-hint" id="${id}-help">Each dot is a set of answers, with the network's chance of over
      $50,000. The large one is yours; lines lead to those that differ by one answer. Point at a dot
      to go there, or use the switches.</p>
  </figure>
  <p class="lab-verdict"></p>`;
