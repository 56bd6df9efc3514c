/** What labs on digits share: their pictures, a choice of them, and how an answer is worded. */

import { grey, tile } from "./drawing.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const CLASSES = 10;
export const DIGITS = Array.from({ length: CLASSES }, (_, c) => [c, c]); // for a menu

/** The pictures of a file that has a byte a pixel, in single precision, as torch has them. */
export const pictures = (bytes) =>
  Array.from({ length: bytes.byteLength / PIXELS }, (_, i) =>
    Float32Array.from(new Uint8Array(bytes, i * PIXELS, PIXELS), (value) => value / 255),
  );

export const sampleButtons = (samples) =>
  samples
    .map(
      ({ label, index }, i) => `
  <button type="button" data-sample="${i}" aria-pressed="false"
    aria-label="a ${label}, number ${index} of the test set"><canvas aria-hidden="true"></canvas></button>`,
    )
    .join("");

/** Draws the samples on their buttons, which call `choose` with a number. */
export function offerSamples(lab, choose) {
  lab.all("[data-sample]").forEach((button, i) => {
    button.addEventListener("click", () => choose(i));
    grey(tile(button.firstElementChild, SIDE), lab.setup.samples[i].picture);
  });
}

export function pressSample(lab, sample) {
  lab.all("[data-sample]").forEach((button, i) => {
    button.setAttribute("aria-pressed", String(lab.setup.samples[i] === sample));
  });
}

/** A name with a hyphen at which no line breaks. */
export const unbroken = (name) => name.replace("-", "\u2011");

export const article = (digit) => `${digit === 8 ? "an" : "a"} ${digit}`;

export const hundredths = (p) => (p > 0.9995 ? ">\u00a099.9" : (100 * p).toFixed(1));

export const percent = (p) => `${hundredths(p)}\u00a0%`;
