/** Learning curves of recorded runs: means over seeds, and what a running maximum makes of them. */

/** Each accuracy replaced by the greatest up to it. */
export function runningMaximum(values) {
  let highest = -Infinity;
  return values.map((value) => (highest = Math.max(highest, value)));
}

/** Per cent in each round, the mean over the seeds; the maximum is taken seed by seed. */
export function meanCurve({ labels, runs }, strategy, maximum) {
  const shown = maximum ? runs[strategy].map(runningMaximum) : runs[strategy];
  return labels.map((_, t) => (100 * shown.reduce((sum, run) => sum + run[t], 0)) / shown.length);
}

/** What is to be seen, in words: the same as in a notebook. */
export function sentence({ labels, names }, { first, second, maximum, step }, seen) {
  const how = maximum ? "with the running maximum" : "as measured";
  const [a, b] = seen.map(tenth);
  return (
    `After ${labels[step]} labels, ${how}: ${names[first]} ${a.toFixed(1)}%, ${names[second]} ` +
    `${b.toFixed(1)}%. The first leads by ${(a - b).toFixed(1)} points.`
  );
}

const tenth = (value) => Math.floor(10 * value + 0.5) / 10;
