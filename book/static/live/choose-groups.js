/** The lab "choose groups": which attributes define the groups of an audit, and what is seen. */

import { look, order, sentence } from "./audit-table.js";
import { afterPause, place } from "./lab.js";

let labs = 0; // on this page, so that the ids of two labs differ

place("choose-groups", async (stage, files) => {
  const setup = await files.read("lab.json").then((response) => response.json());
  new ChooseGroups(stage, setup);
});

class ChooseGroups {
  constructor(stage, setup) {
    Object.assign(this, { stage, setup });
    stage.innerHTML = markup(`groups-${++labs}`, setup);
    const all = (selector) => [...stage.querySelectorAll(selector)];
    this.boxes = all("input[type=checkbox]");
    [this.rate, this.order] = all("select");
    this.rows = all(".groups-table tbody tr");
    [this.more] = all(".groups-more");
    [this.verdict] = all(".lab-verdict");
    [this.live] = all("[role=status]");
    this.announce = afterPause(700, (text) => (this.live.textContent = text));
    stage.addEventListener("input", () => this.schedule());
    this.frame();
  }

  schedule() {
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  /** Reads the controls, counts, and shows what came of it. */
  frame() {
    this.pending = null;
    const begin = performance.now();
    const chosen = this.boxes.flatMap((box, i) => (box.checked ? [i] : []));
    const seen = look(this.setup, chosen, this.rate.value);
    const first = order(seen, this.order.value);
    this.stage.style.setProperty("--overall", percent(seen.overall));
    this.rows.forEach((row, i) => this.fill(row, first[i]));
    const left = seen.rows.length - Math.min(first.length, this.rows.length);
    this.more.textContent = left
      ? `${left} more ${left === 1 ? "group is" : "groups are"} not shown.`
      : "All groups are shown.";
    const text = sentence(seen, this.setup);
    if (this.verdict.textContent !== text) {
      this.verdict.textContent = text;
      this.announce(text);
    }
    this.stage.parentElement.dataset.ms = (performance.now() - begin).toFixed(2);
  }

  fill(row, group) {
    row.classList.toggle("groups-none", !group);
    row.ariaHidden = group ? null : "true";
    const [name, people, rate, bar] = row.cells;
    name.textContent = group?.name ?? "";
    people.textContent = group?.whole ?? "";
    rate.textContent = group ? group.rate.toFixed(2) : "";
    bar.title = group ? `${group.ends[0].toFixed(2)} to ${group.ends[1].toFixed(2)}` : "";
    bar.lastElementChild.textContent = bar.title;
    const [low, high] = group?.ends ?? [0, 0];
    row.style.setProperty("--low", percent(low));
    row.style.setProperty("--wide", percent(high - low));
    row.style.setProperty("--rate", percent(group?.rate ?? 0));
  }
}

const percent = (share) => `${(100 * share).toFixed(2)}%`;

const select = (id, title, options, start) => `
  <div class="lab-target">
    <label for="${id}">${title}</label>
    <select id="${id}">
      ${options
        .map(([key, text]) => `<option value="${key}"${key === start ? " selected" : ""}>${text}</option>`)
        .join("")}
    </select>
  </div>`;

const markup = (id, { attributes, rates, orders, start, shown }) => `
  <div class="lab-knobs groups-knobs">
    <fieldset class="groups-boxes">
      <legend>groups by</legend>
      ${attributes
        .map(
          ([name, title]) => `<label><input type="checkbox" value="${name}"
            ${start.attributes.includes(name) ? "checked" : ""}> ${title}</label>`,
        )
        .join("")}
    </fieldset>
    ${select(`${id}-rate`, "rate", rates, start.rate)}
    ${select(`${id}-order`, "order", orders, start.order)}
  </div>
  <div>
    <table class="groups-table">
      <caption class="lab-hidden">rates by group, with intervals</caption>
      <thead><tr><th scope="col">group</th><th scope="col">among</th><th scope="col">rate</th>
        <th scope="col">0 to 1</th></tr></thead>
      <tbody>${`<tr><th scope="row"></th><td></td><td></td>
        <td class="groups-bar"><i aria-hidden="true"></i><b aria-hidden="true"></b>
        <span class="lab-hidden"></span></td></tr>`.repeat(shown)}</tbody>
    </table>
    <p class="lab-hint groups-more"></p>
  </div>
  <p class="lab-verdict"></p>
  <p class="lab-hidden" role="status"></p>`;
