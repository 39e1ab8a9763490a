/**
 * Computes the expected numbers of an audience in the simplest way: each session alone, its segments in a Map, without
 * any code that is under test. Pure.
 */
import { FILMS, type Film, planOf } from './audience.ts';

export type Cell = { views: number; watchMs: number };
export type Counted = {
  views: number;
  watchMs: number;
  /** Distinct viewers of the sessions that count as views. A session without a viewer counts as one. */
  viewers: number;
  /** By version. */
  retention: Record<string, { sessions: number; counts: number[] }>;
  rendition: Record<string, Cell>;
  country: Record<string, Cell>;
  device: Record<string, Cell>;
};
/** By asset. */
export type Numbers = Record<string, Counted>;

const emptyCounted = (): Counted => ({
  ...{ views: 0, watchMs: 0, viewers: 0 },
  ...{ retention: {}, rendition: {}, country: {}, device: {} },
});

function lengthMs({ measure }: Film, number: number): number {
  const { segmentMs, segments, durationMs } = measure;
  return number === segments ? durationMs - segmentMs * (segments - 1) : segmentMs;
}

function addTo(cells: Record<string, Cell>, name: string, views: number, watchMs: number): void {
  cells[name] ??= { views: 0, watchMs: 0 };
  const cell = cells[name];
  cell.views += views;
  cell.watchMs += watchMs;
}

export type Audience = { seed: number; sessions: number };

/** `wasGiven` says which parts of a session count. */
export function numbersOf(
  { seed, sessions }: Audience,
  viewSeconds: number,
  wasGiven: (session: number, part: number) => boolean = () => true,
): Numbers {
  const numbers: Numbers = {};
  const viewers = new Map<string, Set<string>>();
  for (const { assetId } of FILMS) {
    numbers[assetId] ??= emptyCounted();
    viewers.set(assetId, new Set());
  }
  for (let index = 0; index < sessions; index += 1) {
    const { agent, country, film, parts, sessionId, viewer } = planOf(seed, index, sessions);
    const counted = numbers[film.assetId];
    const firstTracks = new Map<number, string>();
    for (const [part, fetches] of parts.entries()) {
      for (const { kind, number, track } of wasGiven(index, part) && agent !== 'bot' ? fetches : []) {
        if (kind === 'whole' && !firstTracks.has(number)) {
          firstTracks.set(number, track);
        }
      }
    }
    if (counted === undefined || firstTracks.size === 0) {
      continue;
    }
    counted.retention[film.version] ??= { sessions: 0, counts: new Array<number>(film.measure.segments).fill(0) };
    const curve = counted.retention[film.version] ?? { sessions: 0, counts: [] };
    curve.sessions += 1;
    let watchMs = 0;
    for (const [number, track] of firstTracks) {
      curve.counts[number - 1] = (curve.counts[number - 1] ?? 0) + 1;
      addTo(counted.rendition, track, 0, lengthMs(film, number));
      watchMs += lengthMs(film, number);
    }
    const isView = watchMs >= Math.min(viewSeconds * 1000, film.measure.durationMs / 2);
    counted.watchMs += watchMs;
    counted.views += isView ? 1 : 0;
    addTo(counted.country, country, isView ? 1 : 0, watchMs);
    addTo(counted.device, agent, isView ? 1 : 0, watchMs);
    if (isView) {
      viewers.get(film.assetId)?.add(viewer ?? sessionId);
    }
  }
  for (const [assetId, counted] of Object.entries(numbers)) {
    counted.viewers = viewers.get(assetId)?.size ?? 0;
  }
  return numbers;
}
