/** A lab that begins with a digit: one drawn on its pad, or one of the test set. */

import { offerSamples, pressSample, sampleButtons } from "./digits.js";
import { Lab } from "./lab.js";
import { Pad } from "./pad.js";

export class PadLab extends Lab {
  constructor(stage, setup, markup) {
    super(stage, setup, markup);
    this.pad = new Pad(this.one(".lab-pad canvas"), this.one(".lab-cursor"), {
      changed: () => this.take(null),
      say: (text) => this.announce(text),
    });
    this.one("[data-act=clear]").addEventListener("click", () => this.pad.clear());
    offerSamples(this, (number) => this.choose(number));
  }

  choose(number) {
    this.pad.show(this.setup.samples[number].picture);
    this.take(this.setup.samples[number]);
  }

  /** The pad shows something new: a test digit, or (null) a drawing. */
  take(sample) {
    this.sample = sample;
    this.stale = true;
    pressSample(this, sample);
    this.schedule();
  }

  /** Writes the digit into `picture`. */
  readPad(picture) {
    this.stale = false;
    this.blank = false;
    if (this.sample) picture.set(this.sample.picture);
    else this.blank = !this.pad.read(picture);
  }
}

export const padMarkup = (id, samples, help = "") => `
  <div class="lab-stack lab-own" role="group" aria-labelledby="${id}-own">
    <p class="lab-title" id="${id}-own">Draw a digit</p>
    <div class="lab-pad">
      <canvas tabindex="0" role="application" aria-label="Drawing pad"
        aria-describedby="${id}-help"></canvas>
      <span class="lab-cursor" aria-hidden="true" hidden></span>
    </div>
    <p class="lab-hint" id="${id}-help">Mouse, pen or finger. By keyboard: arrows move,
      space lowers and lifts the pen, Delete clears.${help}</p>
    <button type="button" class="lab-button" data-act="clear">Clear the pad</button>
  </div>
  <div class="lab-stack lab-real" role="group" aria-labelledby="${id}-real">
    <p class="lab-title" id="${id}-real">or take a real one</p>
    <div class="lab-grid lab-samples">${sampleButtons(samples)}</div>
  </div>`;

/** A canvas with its note. */
export const picture = (name, note) => `
  <figure><canvas role="img" aria-label="${name}"></canvas><figcaption>${note}</figcaption></figure>`;
