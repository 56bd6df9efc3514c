/** The controls that labs share, as HTML; each is found again by its `data-name`. */

import { write } from "./lab.js";

const options = (choices, chosen) =>
  choices
    .map(([value, text]) => `<option value="${value}"${value === chosen ? " selected" : ""}>${text}</option>`)
    .join("");

/** A menu of `[value, text]`. */
export const menu = (id, name, title, choices, chosen) => `
  <div class="lab-target">
    <label for="${id}-${name}">${title}</label>
    <select id="${id}-${name}" data-name="${name}">${options(choices, chosen)}</select>
  </div>`;

/** A row of radio buttons for `[value, text]`. */
export const segments = (id, name, title, choices, chosen) => `
  <fieldset class="lab-choice">
    <legend>${title}</legend>
    <div class="lab-segments">
      ${choices
        .map(
          ([value, text]) => `<label><input type="radio" name="${id}-${name}" data-name="${name}"
            value="${value}"${value === chosen ? " checked" : ""}><span>${text}</span></label>`,
        )
        .join("")}
    </div>
  </fieldset>`;

/** A slider with its value beside it, which `tell` writes, and perhaps a note below. */
export const slider = (id, name, title, { min = 0, max, step = 1, value = min, more = "" }, note = "") => `
  <div>
    <p class="lab-row">
      <label class="lab-title" for="${id}-${name}">${title}</label>
      <span class="lab-value" aria-hidden="true"></span>
    </p>
    <input type="range" id="${id}-${name}" data-name="${name}" min="${min}" max="${max}"
      step="${step}" value="${value}"${more}>${note}
  </div>`;

/** Says where a slider stands, for eyes and for a screen reader. */
export function tell(knob, shown, spoken = shown) {
  write(knob.parentElement.querySelector(".lab-value"), shown);
  knob.setAttribute("aria-valuetext", spoken);
}

export const signed = (value) => `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(1)}`;
