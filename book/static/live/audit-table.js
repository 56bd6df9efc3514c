/** Rates by group with intervals, and the gaps that chance would seldom make, from counts. */

const Z = 1.959963984540054; // of 95%
// the counts of a group are true negatives, false positives, false negatives, true positives
const PARTS = {
  fpr: [[1], [0, 1]],
  fnr: [[2], [2, 3]],
  selection: [[1, 3], [0, 1, 2, 3]],
  ppv: [[3], [1, 3]],
};

const sum = (values) => values.reduce((a, b) => a + b, 0);

/** Wilson's interval of k among n. */
export function wilson(k, n) {
  const share = k / n;
  const middle = (share + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const spread = Math.sqrt((share * (1 - share)) / n + (Z / (2 * n)) ** 2);
  const reach = (Z * spread) / (1 + (Z * Z) / n);
  return [k === 0 ? 0 : middle - reach, k === n ? 1 : middle + reach];
}

/** The complementary error function: Chebyshev fit with a relative error under 1.2e-7. */
export function erfc(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const c = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
    0.37409196, 1.00002368, -1.26551223,
  ];
  const value = t * Math.exp(-x * x + c.reduce((total, each) => total * t + each, 0));
  return x >= 0 ? value : 2 - value;
}

/** The p-value of the score test that k of n and j of m have the same rate. */
export function sameRate(k, n, j, m) {
  const pooled = (k + j) / (n + m);
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  const p = erfc(Math.abs(k / n - j / m) / spread / Math.SQRT2);
  return Number.isNaN(p) ? 1 : p;
}

/** The groups by the attributes whose places are in `chosen`. */
export function look({ groups, counts }, chosen, rate) {
  const found = new Map();
  groups.forEach((levels, i) => {
    const name = chosen.map((place) => levels[place]).join(", ") || "everybody";
    const total = found.get(name) ?? [0, 0, 0, 0];
    found.set(name, total.map((n, cell) => n + counts[i][cell]));
  });
  const [part, whole] = PARTS[rate];
  const rows = [...found].map(([name, cells]) => ({
    name,
    part: sum(part.map((cell) => cells[cell])),
    whole: sum(whole.map((cell) => cells[cell])),
  }));
  const [k, n] = ["part", "whole"].map((key) => sum(rows.map((row) => row[key])));
  for (const row of rows) {
    row.rate = row.part / row.whole;
    row.ends = row.whole ? wilson(row.part, row.whole) : [NaN, NaN];
    row.p = sameRate(row.part, row.whole, k - row.part, n - row.whole);
  }
  return { rows, overall: k / n };
}

const KEYS = {
  size: (row) => row.whole,
  rate: (row) => row.rate,
  width: (row) => row.ends[1] - row.ends[0],
};

/** The groups that somebody is counted in, in the order asked for; ties as in the table. */
export function order({ rows }, by) {
  const key = (row) => Number(KEYS[by](row).toFixed(9));
  return rows.filter((row) => row.whole).sort((a, b) => key(b) - key(a));
}

/** What is to be seen, in words: the same as in a notebook. */
export function sentence({ rows }, { few, level }) {
  if (rows.length === 1) return `One group, everybody: the rate is ${rows[0].rate.toFixed(3)}.`;
  const some = rows.filter((row) => row.whole);
  const mean = sum(some.map(({ ends: [low, high] }) => high - low)) / some.length;
  const under = (bound) => rows.filter((row) => row.p <= bound).length;
  return (
    `${rows.length} groups, ${rows.filter((row) => row.whole < few).length} of them with fewer ` +
    `than ${few} people to count among. Intervals are ${mean.toFixed(3)} wide on average. ` +
    `${under(level)} groups differ from the others at level ${level.toFixed(2)}; after ` +
    `Bonferroni's correction, ${under(level / rows.length)}.`
  );
}
