/** Transfer rates from counts, with Wilson's interval: the law of the lab "transfer map". */

const Z = 1.959963984540054; // the normal law's quantile for an interval of 95%

/** The share of `hits` among `n`, and the interval of the shares that agree with it. */
export function wilson(hits, n) {
  const share = hits / n;
  const middle = (share + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const spread = Math.sqrt((share * (1 - share)) / n + (Z / (2 * n)) ** 2);
  const reach = (Z * spread) / (1 + (Z * Z) / n);
  return {
    share,
    low: hits === 0 ? 0 : middle - reach,
    high: hits === n ? 1 : middle + reach,
  };
}

/** How often the examples of source `i` fool target `j`, at a place in the list of budgets. */
export const rate = ({ hits, counted }, attack, budget, i, j) =>
  wilson(hits[attack][budget][i][j], counted[i][j]);

const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** What is to be seen, in words: the same as in a notebook. */
export function sentence(setup, attack, budget, i, j) {
  const { share, low, high } = rate(setup, attack, budget, i, j);
  const noise = rate(setup, setup.noise, budget, i, j).share;
  const random = attack === setup.noise;
  const made = random ? "" : ` made for the ${setup.names[i]} model`;
  const against = random ? "" : `; random signs of that size: ${percent(noise)}`;
  return (
    `${setup.attacks[attack]}${made} at ${setup.budgets[budget].toFixed(2)}: the ` +
    `${setup.names[j]} model, trained on other digits, is wrong on ${percent(share)} ` +
    `(${percent(low)} to ${percent(high)})${against}.`
  );
}
