/** The lab "blend faces": one encoder reads a face, two decoders draw from its code. */

import { drawCharacter } from "./characters.js";
import { loadNetwork } from "./engine.js";
import { afterPause, place } from "./lab.js";

const PARTS = { seen: "Seen", drawn: "Drawn", truth: "The truth" };

let labs = 0; // on this page, so that the ids of two labs differ

place("blend-faces", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  const networks = ["encoder", "painter-0", "painter-1"].map((name) => loadNetwork(files.url, name));
  new BlendFaces(stage, setup, await Promise.all(networks));
});

class BlendFaces {
  constructor(stage, setup, [encoder, ...painters]) {
    Object.assign(this, { stage, setup, encoder, painters });
    stage.innerHTML = markup(`blend-${++labs}`, setup);
    const one = (selector) => stage.querySelector(selector);
    this.who = one("[data-name=who]");
    this.knobs = ["way", ...Object.keys(setup.knobs)].map((name) => {
      const knob = one(`[data-name=${name}]`);
      return { name, knob, text: knob.parentElement.querySelector(".lab-value") };
    });
    const { side } = setup.drawing;
    this.tiles = Object.keys(PARTS).map((part) => tile(one(`[data-part=${part}]`), side));
    this.verdict = one(".lab-verdict");
    const live = one("[role=status]");
    this.announce = afterPause(700, (text) => (live.textContent = text));
    stage.addEventListener("input", () => {
      this.pending ??= requestAnimationFrame(() => this.frame());
    });
    this.frame();
  }

  /** Reads the controls, draws, and says how far from the truth that is. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const who = Number(this.who.value);
    const [way, ...values] = this.knobs.map(({ knob }) => Number(knob.value));
    const knobs = Object.fromEntries(Object.keys(this.setup.knobs).map((name, i) => [name, values[i]]));
    const { setup, encoder, painters } = this;
    const faces = blend(setup, encoder, painters, who, way / 100, knobs);
    this.tiles.forEach((canvas, i) => paint(canvas, Object.values(faces)[i]));
    this.say(who, way, values, faces);
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  say(who, way, values, { seen, drawn, truth }) {
    const shown = [`${way}%`, ...values.map(signed)];
    this.knobs.forEach(({ knob, text }, i) => {
      write(text, shown[i]);
      knob.setAttribute("aria-valuetext", shown[i]);
    });
    const { names } = this.setup;
    const text =
      `${names[who]} is seen. At ${way}% from ${names[0]} to ${names[1]}, the drawing is ` +
      `${off(drawn, truth).toFixed(3)} a pixel from the truth, and what is seen ${off(seen, truth).toFixed(3)}.`;
    if (write(this.verdict, text)) this.announce(text);
  }
}

/** The same as `blend` of `sdl_lib.live.blend_faces`. */
export function blend({ drawing, pose, still }, encoder, painters, who, way, knobs) {
  const full = Object.fromEntries(pose.map((name) => [name, knobs[name] ?? still[name] ?? 0]));
  const true_ = [0, 1].map((k) => drawCharacter(drawing, k, full));
  const code = encoder.forward(true_[who]);
  const drawn = painters.map((painter) => painter.forward(code));
  return { seen: true_[who], drawn: mix(drawn, way), truth: mix(true_, way) };
}

const mix = ([a, b], way) => a.map((value, i) => (1 - way) * value + way * b[i]);

const off = (a, b) =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);

const signed = (value) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(1)}`;

/** Sets the text of an element where it differs; true where it did. */
function write(element, text) {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function tile(canvas, side) {
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  return { context, image: context.createImageData(side, side) };
}

function paint({ context, image }, picture) {
  const pixels = picture.length / 3;
  for (let p = 0; p < pixels; p++) {
    for (let c = 0; c < 3; c++) image.data[4 * p + c] = 255 * picture[c * pixels + p];
    image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const slider = (id, name, title, { low, high, step, value }) => `
  <div>
    <p class="lab-row">
      <label class="lab-title" for="${id}-${name}">${title}</label>
      <span class="lab-value" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-${name}" data-name="${name}" min="${low}" max="${high}"
      step="${step}" value="${value}">
  </div>`;

const markup = (id, { names, knobs, start, way }) => `
  <div class="blend-faces">
    ${Object.entries(PARTS)
      .map(
        ([part, title]) => `<figure><figcaption class="lab-title">${title}</figcaption>
      <canvas data-part="${part}" role="img" aria-label="${title}: a drawn head"></canvas></figure>`,
      )
      .join("")}
  </div>
  <div class="lab-knobs blend-knobs">
    <label class="lab-target" for="${id}-who">Seen
      <select id="${id}-who" data-name="who">${names
        .map((name, k) => `<option value="${k}">${name}</option>`)
        .join("")}</select></label>
    ${slider(id, "way", `From ${names[0]} to ${names[1]}`, { low: 0, high: 100, step: 1, value: way })}
    ${Object.entries(knobs)
      .map(([name, title]) =>
        slider(id, name, title, { low: -1, high: 1, step: 0.1, value: start[name] }),
      )
      .join("")}
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
