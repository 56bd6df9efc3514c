/** The lab "blend faces": one encoder reads a face, two decoders draw from its code. */

import { drawCharacter } from "./characters.js";
import { menu, signed, slider, tell } from "./controls.js";
import { paint, tile } from "./drawing.js";
import { loadNetwork } from "./engine.js";
import { Lab, place } from "./lab.js";

const PARTS = { seen: "Seen", drawn: "Drawn", truth: "The truth" };

place("blend-faces", async (stage, files) => {
  const setup = await files.json("lab.json");
  const networks = ["encoder", "painter-0", "painter-1"].map((name) => loadNetwork(files.url, name));
  new BlendFaces(stage, setup, await Promise.all(networks));
});

class BlendFaces extends Lab {
  constructor(stage, setup, [encoder, ...painters]) {
    super(stage, setup, markup);
    Object.assign(this, { encoder, painters });
    this.knobs = ["way", ...Object.keys(setup.knobs)].map((name) => this.control(name));
    const { side } = setup.drawing;
    this.tiles = Object.keys(PARTS).map((part) => tile(this.one(`[data-part=${part}]`), side));
    this.listen();
    this.frame();
  }

  /** Reads the controls, draws, and says how far from the truth that is. */
  update() {
    const who = this.number("who");
    const [way, ...values] = this.knobs.map((knob) => Number(knob.value));
    const knobs = Object.fromEntries(Object.keys(this.setup.knobs).map((name, i) => [name, values[i]]));
    const { setup, encoder, painters } = this;
    const faces = blend(setup, encoder, painters, who, way / 100, knobs);
    this.tiles.forEach((canvas, i) => paint(canvas, Object.values(faces)[i]));
    [`${way}%`, ...values.map(signed)].forEach((text, i) => tell(this.knobs[i], text));
    this.say(sentence(setup.names, who, way, faces));
  }
}

const sentence = (names, who, way, { seen, drawn, truth }) =>
  `${names[who]} is seen. At ${way}% from ${names[0]} to ${names[1]}, the drawing is ` +
  `${off(drawn, truth).toFixed(3)} a pixel from the truth, and what is seen ${off(seen, truth).toFixed(3)}.`;

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

const markup = (id, { names, knobs, start, way }) => `
  <div class="lab-grid blend-faces lab-pixels">
    ${Object.entries(PARTS)
      .map(
        ([part, title]) => `<figure><figcaption class="lab-title">${title}</figcaption>
      <canvas data-part="${part}" role="img" aria-label="${title}: a drawn head"></canvas></figure>`,
      )
      .join("")}
  </div>
  <div class="lab-knobs blend-knobs">
    ${menu(id, "who", "Seen", [...names.entries()])}
    ${slider(id, "way", `From ${names[0]} to ${names[1]}`, { max: 100, value: way })}
    ${Object.entries(knobs)
      .map(([name, title]) =>
        slider(id, name, title, { min: -1, max: 1, step: 0.1, value: start[name] }),
      )
      .join("")}
  </div>
  <p class="lab-verdict"></p>`;
