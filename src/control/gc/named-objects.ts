/** Which objects a presentation names: runs of segments, not a set of 18,000 keys. Pure. */
import type { Presentation } from '../../media/presentation.ts';

/** Numbers `first` to `last`. */
type NumberRun = { first: number; last: number };

export class NamedObjects {
  /** Track → attempt → runs. */
  readonly #tracks = new Map<string, Map<string, NumberRun[]>>();

  constructor({ tracks }: Presentation) {
    for (const { id, chunks } of tracks) {
      const attempts = new Map<string, NumberRun[]>();
      this.#tracks.set(id, attempts);
      for (const { attempt, firstNumber, segments } of chunks) {
        const runs = attempts.get(attempt) ?? [];
        runs.push({ first: firstNumber, last: firstNumber + segments.length - 1 });
        attempts.set(attempt, runs);
      }
    }
  }

  hasTrack(track: string): boolean {
    return this.#tracks.has(track);
  }

  hasSegment(track: string, attempt: string, number: number): boolean {
    const runs = this.#tracks.get(track)?.get(attempt) ?? [];
    return runs.some(({ first, last }) => first <= number && number <= last);
  }
}
