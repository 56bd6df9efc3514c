/** Rates and criteria of two groups with a threshold and a base rate each, from their counts. */

const DECILES = 10;
export const PAIRED = ["selection", "tpr", "fpr", "ppv"];

const sum = (values) => values.reduce((a, b) => a + b, 0);

/** The share of each decile that is flagged: between two whole thresholds, some at random. */
export function flagged(threshold) {
  return Array.from({ length: DECILES }, (_, i) => Math.min(1, Math.max(0, i + 2 - threshold)));
}

/** The share of the true and of the false at each decile, and all people, of group `i`. */
export function shares({ positives, negatives }, i) {
  const [yes, no] = [sum(positives[i]), sum(negatives[i])];
  return { yes: positives[i].map((n) => n / yes), no: negatives[i].map((n) => n / no), n: yes + no };
}

/** The base rate of group `i` as it was. */
export const baseRate = ({ positives, negatives }, i) =>
  sum(positives[i]) / (sum(positives[i]) + sum(negatives[i]));

export function rates(groups, thresholds, base) {
  const parts = [0, 1].map((i) => shares(groups, i));
  const found = { base, selection: [], tpr: [], fpr: [], ppv: [] };
  parts.forEach(({ yes, no }, i) => {
    const high = flagged(thresholds[i]);
    const [tpr, fpr] = [yes, no].map((part) => sum(part.map((share, k) => share * high[k])));
    const hit = base[i] * tpr;
    found.tpr.push(tpr);
    found.fpr.push(fpr);
    found.selection.push(hit + (1 - base[i]) * fpr);
    found.ppv.push(hit / (hit + (1 - base[i]) * fpr));
  });
  found.calibration = calibrationGap(parts, base);
  return found;
}

/** The mean, over the people of both groups, of the difference between the groups at a score. */
function calibrationGap(parts, base) {
  const everyone = parts[0].n + parts[1].n;
  let gap = 0;
  for (let k = 0; k < DECILES; k++) {
    const people = parts.map(({ yes, no }, i) => base[i] * yes[k] + (1 - base[i]) * no[k]);
    const share = parts.map(({ yes }, i) => (base[i] * yes[k]) / people[i]);
    const weight = (people[0] * parts[0].n + people[1] * parts[1].n) / everyone;
    gap += weight * Math.abs(share[0] - share[1]);
  }
  return gap;
}

/** How far each criterion is from holding; NaN where a group has nobody flagged. */
export function gaps(found) {
  const gap = { calibration: found.calibration };
  for (const name of PAIRED) gap[name] = Math.abs(found[name][0] - found[name][1]);
  gap.odds = Math.max(gap.tpr, gap.fpr);
  return gap;
}

/** The second group's threshold at which the rate `name` comes nearest to the first's. */
export function match(groups, name, first, base, [least, most, size], start) {
  let [best, nearest] = [start, Infinity];
  for (let step = 0; step <= Math.round((most - least) / size); step++) {
    const threshold = Math.round(10 * (least + step * size)) / 10;
    const [one, other] = rates(groups, [first, threshold], base)[name];
    if (Math.abs(one - other) < nearest - 1e-12) [best, nearest] = [threshold, Math.abs(one - other)];
  }
  return best;
}

/** Chouldechova's identity of group `i` in numbers. */
export function identity(found, i) {
  const [p, ppv, tpr, fpr] = ["base", "ppv", "tpr", "fpr"].map((name) => found[name][i]);
  if (Number.isNaN(ppv)) return "nobody is flagged";
  if (ppv === 0) return "nobody of the flagged is charged again";
  return `${fpr.toFixed(3)} = ${(p / (1 - p)).toFixed(3)} × ${((1 - ppv) / ppv).toFixed(3)} × ${tpr.toFixed(3)}`;
}

export const holds = (gap, tolerance) => gap <= tolerance + 1e-9;

/** What is to be seen, in words: the same as in `sdl_lib.live.compas_thresholds`. */
export function sentence(gap, rows, tolerance) {
  const named = rows.filter(([name]) => name !== "fpr"); // a part of equalised odds
  const listed = (kept) => {
    const words = named.filter(([name]) => kept(gap[name])).map(([, title]) => title.toLowerCase());
    if (words.length < 2) return words[0] ?? "none";
    return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
  };
  const parts = [
    `Within ${tolerance.toFixed(2)}: ${listed((value) => holds(value, tolerance))}.`,
    `Broken: ${listed((value) => value > tolerance + 1e-9)}.`,
  ];
  if (Number.isNaN(gap.ppv)) {
    parts.push("In a group nobody is flagged: predictive parity is not defined.");
  }
  return parts.join(" ");
}
