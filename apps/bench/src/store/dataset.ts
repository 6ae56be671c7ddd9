export interface Sample {
  readonly id: string;
  readonly text: string;
  readonly vector: Float32Array;
}

/** Small seeded generator (mulberry32), so that every run sees the same data. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const clusters = 200;
const spread = 0.04;

export class Dataset {
  readonly dimension: number;
  readonly #next: () => number;
  readonly #centres: readonly Float32Array[];
  readonly #words: readonly string[];

  constructor({ dimension = 384, seed = 42 } = {}) {
    this.dimension = dimension;
    this.#next = random(seed);
    this.#centres = Array.from({ length: clusters }, () => this.#unit(() => this.#gauss()));
    this.#words = Array.from({ length: 5_000 }, (_, i) => `${this.#word()}${i % 10}`);
  }

  samples(count: number, prefix = "doc"): Sample[] {
    return Array.from({ length: count }, (_, i) => ({
      id: `${prefix}-${String(i).padStart(6, "0")}`,
      text: this.#text(30),
      vector: this.vector(),
    }));
  }

  /** A unit vector near one of the cluster centres. */
  vector(): Float32Array {
    const centre = this.#centres[Math.floor(this.#next() * clusters)]!;
    return this.#unit((i) => centre[i]! + spread * this.#gauss());
  }

  /** A few words of the same vocabulary. */
  query(): string {
    return this.#text(4);
  }

  #text(words: number): string {
    // Squaring skews the choice to few frequent words, as in real text.
    const pick = () => this.#words[Math.floor(this.#next() ** 2 * this.#words.length)];
    return Array.from({ length: words }, pick).join(" ");
  }

  #word(): string {
    const letter = () => String.fromCharCode(97 + Math.floor(this.#next() * 26));
    return Array.from({ length: 3 + Math.floor(this.#next() * 6) }, letter).join("");
  }

  #unit(component: (i: number) => number): Float32Array {
    const vector = Float32Array.from({ length: this.dimension }, (_, i) => component(i));
    const length = Math.hypot(...vector);
    return vector.map((x) => x / length);
  }

  #gauss(): number {
    return Math.sqrt(-2 * Math.log(1 - this.#next())) * Math.cos(2 * Math.PI * this.#next());
  }
}
