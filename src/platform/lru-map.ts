/** A Map with a bound, for what an isolate remembers between requests: plain data, never I/O objects. */

export class LruMap<K, V> {
  readonly #entries = new Map<K, { value: V; weight: number }>();
  readonly #weightMax: number;
  readonly #onDrop: (value: V) => void;
  #weight = 0;

  /** `weightMax` counts entries, unless `set` is given weights such as bytes. `onDrop` is called for every removed value. */
  constructor(weightMax: number, onDrop: (value: V) => void = () => {}) {
    this.#weightMax = weightMax;
    this.#onDrop = onDrop;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      // A Map iterates in insertion order: the entry that was read last moves to the end and is dropped last.
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry?.value;
  }

  /** An entry heavier than the whole bound is not kept. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    if (weight > this.#weightMax) {
      this.#onDrop(value);
      return;
    }
    this.#entries.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#entries.keys()) {
      if (this.#weight <= this.#weightMax) {
        break;
      }
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#weight -= entry.weight;
      this.#entries.delete(key);
      this.#onDrop(entry.value);
    }
  }
}
