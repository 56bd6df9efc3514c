/** The lab "choose groups": which attributes define the groups of an audit, and what is seen. */

import { look, order, sentence } from "./audit-table.js";
import { menu } from "./controls.js";
import { Lab, place } from "./lab.js";

place("choose-groups", async (stage, files) => {
  new ChooseGroups(stage, await files.json("lab.json"));
});

class ChooseGroups extends Lab {
  constructor(stage, setup) {
    super(stage, setup, markup);
    this.boxes = this.all("input[type=checkbox]");
    this.rows = this.all(".groups-table tbody tr");
    this.more = this.one(".groups-more");
    this.listen();
    this.frame();
  }

  /** Reads the controls, counts, and shows what came of it. */
  update() {
    const chosen = this.boxes.flatMap((box, i) => (box.checked ? [i] : []));
    const seen = look(this.setup, chosen, this.control("rate").value);
    const first = order(seen, this.control("order").value);
    this.stage.style.setProperty("--overall", percent(seen.overall));
    this.rows.forEach((row, i) => this.fill(row, first[i]));
    const left = seen.rows.length - Math.min(first.length, this.rows.length);
    this.more.textContent = left
      ? `${left} more ${left === 1 ? "group is" : "groups are"} not shown.`
      : "All groups are shown.";
    this.say(sentence(seen, this.setup));
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

const markup = (id, { attributes, rates, orders, start, shown }) => `
  <div class="lab-knobs groups-knobs">
    <fieldset class="lab-buttons groups-boxes">
      <legend>groups by</legend>
      ${attributes
        .map(
          ([name, title]) => `<label><input type="checkbox" value="${name}"
            ${start.attributes.includes(name) ? "checked" : ""}> ${title}</label>`,
        )
        .join("")}
    </fieldset>
    ${menu(id, "rate", "rate", rates, start.rate)}
    ${menu(id, "order", "order", orders, start.order)}
  </div>
  <div>
    <table class="lab-table lab-ruled groups-table">
      <caption class="lab-hidden">rates by group, with intervals</caption>
      <thead><tr><th scope="col">group</th><th scope="col">among</th><th scope="col">rate</th>
        <th scope="col">0 to 1</th></tr></thead>
      <tbody>${`<tr><th scope="row"></th><td></td><td></td>
        <td class="groups-bar"><i aria-hidden="true"></i><b aria-hidden="true"></b>
        <span class="lab-hidden"></span></td></tr>`.repeat(shown)}</tbody>
    </table>
    <p class="lab-hint groups-more"></p>
  </div>
  <p class="lab-verdict"></p>`;
