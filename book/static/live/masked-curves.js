/** Accuracy against the budget, as two attackers see it: read between the measured points. */

/** What each attack leaves of a network at a budget, on the straight line between two points. */
export function look({ grid, curves }, network, masked, eps) {
  const measured = curves[masked ? `${network}-masked` : network];
  const place = Math.min(Math.max(eps, 0), grid[grid.length - 1]) / grid[1];
  const i = Math.min(Math.floor(place), grid.length - 2);
  const between = (values) => values[i] + (place - i) * (values[i + 1] - values[i]);
  return { textbook: between(measured.textbook), adaptive: between(measured.adaptive) };
}

/** What is to be seen, in words: the same as in a notebook. */
export function sentence({ networks }, seen, network, masked, eps) {
  const mask = masked ? "with masked gradients" : "as it is";
  const gap = Math.max(seen.textbook - seen.adaptive, 0);
  return (
    `At a budget of ${eps.toFixed(2)} the textbook attack leaves ${seen.textbook.toFixed(2)} of ` +
    `the ${networks[network]} network, ${mask}; the adaptive attack leaves ` +
    `${seen.adaptive.toFixed(2)}. An accuracy of ${gap.toFixed(2)} was never there.`
  );
}
