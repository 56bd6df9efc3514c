/** Words by their inner products: what neutralising does to them, without a vector in sight. */

/**
 * `leaning[i]` is the component p of word i along the direction g, `apart[i]` its inner product
 * with she - he, `pair` that of g with she - he; `products` holds the inner products of all words,
 * the lower triangle row by row.
 */
export class WordSpace {
  constructor({ words, leaning, apart, pair }, products) {
    Object.assign(this, { words, leaning, apart, pair, products });
  }

  product(i, j) {
    const [row, column] = i < j ? [j, i] : [i, j];
    return this.products[(row * (row + 1)) / 2 + column];
  }

  /** What is to be seen of word `own` when a share t of all components is gone. */
  look(t, own, top) {
    // w' = (w - t p g) / |w - t p g|, and the square of that length is 1 - (2t - t^2) p^2
    const gone = 2 * t - t * t;
    const length = this.leaning.map((p) => Math.sqrt(1 - gone * p * p));
    const along = this.leaning.map((p, i) => ((1 - t) * p) / length[i]);
    const similar = this.leaning.map((p, i) => {
      const plain = i === own ? 1 : this.product(i, own);
      return (plain - gone * p * this.leaning[own]) / (length[i] * length[own]);
    });
    const asked = similar.map(
      (s, i) => s + (this.apart[i] - t * this.leaning[i] * this.pair) / length[i],
    );
    return {
      along,
      bias: along.reduce((sum, p) => sum + Math.abs(p), 0) / along.length,
      answers: best(asked, own, top),
      neighbours: best(similar, own, top),
    };
  }
}

function best(scores, own, top) {
  const order = [...scores.keys()].filter((i) => i !== own);
  order.sort((i, j) => scores[j] - scores[i]);
  return order.slice(0, top).map((i) => [i, scores[i]]);
}

export const plain = (word) => word.replaceAll("_", " ");

/** What is to be seen, in words: the same as in a notebook. */
export function sentence(space, seen, share, own, top) {
  const word = plain(space.words[own]);
  const leaned = seen.neighbours.filter(([i]) => space.leaning[i] > 0).length;
  return (
    `With ${share}% of the gender component gone, the direct bias is ${seen.bias.toFixed(4)}. ` +
    `He is to ${word} as she is to ${plain(space.words[seen.answers[0][0]])}. Of the ${top} ` +
    `nearest neighbours of ${word}, ${leaned} leaned to she.`
  );
}
