/**
 * Prewarming: what players fetch first of a version is pulled through the tiers before they come. It warms the memory
 * of the isolate that runs it (its workflows and Durable Objects share it), the cache of its data centre, with Workers
 * Cache also the tier above, and the shields; those two answer other data centres as well. A publish runs where its
 * workflow runs, a change of the asset where the caller is. Manifests are rendered for links that allow all tracks. It
 * never throws and is never repeated: the first player gets what is missing in the ordinary way.
 */

import { initKey, segmentKey, textKey } from '../media/keys.ts';
import { type Presentation, segmentsOf, type TextTrack } from '../media/presentation.ts';
import { type TierCounters, tierCounters } from '../metrics/tier-counters.ts';
import { log } from '../platform/log.ts';
import { type StartTimer, startTimer, within } from '../platform/timer.ts';
import type { Isolate } from './isolate.ts';
import type { Manifests, RevisionRef } from './manifests/manifests.ts';
import type { ObjectSource } from './objects/objects.ts';
import { MEMORY_BYTES_MAX } from './tiers/limits.ts';

/** Of each track: 12 s, what players buffer before and while they settle on a rendition. */
const PREWARM_SEGMENTS = 3;
/** Half of what memory remembers: one new film must not push out everything that is being watched. */
export const PREWARM_BYTES_MAX = MEMORY_BYTES_MAX / 2;
/** A request may have six connections that wait for headers: two are left for cache and shield. */
export const PREWARM_PARALLEL = 4;
/** Within the 30 s that waitUntil gives; two attempts at one read that hangs (LOAD_MS) just fit. */
export const PREWARM_MS = 20_000;

/** Objects. `failed` or not read in time; `skipped`: beyond PREWARM_BYTES_MAX. */
export type PrewarmReport = { read: number; missing: number; failed: number; skipped: number };

/** Players show them without being asked. */
const defaultTexts = ({ texts = [] }: Presentation): TextTrack[] => texts.filter(({ isDefault }) => isDefault);

type PrewarmTarget = { key: string; bytes: number };

/** In the order of need: all init segments, every track's first segment, its second, …, small tracks before large ones; texts. */
export function prewarmTargets(presentation: Presentation): PrewarmTarget[] {
  const tracks = presentation.tracks
    .toSorted((a, b) => a.bandwidth.average - b.bandwidth.average)
    .map((track) => ({ ...track, segments: segmentsOf(track) }));
  const targets = tracks.map(({ id, init }) => ({ key: initKey(presentation, id), bytes: init.bytes }));
  for (let round = 0; round < PREWARM_SEGMENTS; round += 1) {
    for (const { id, segments } of tracks) {
      const next = segments.next();
      if (next.done !== true) {
        const { attempt, number, bytes } = next.value;
        targets.push({ key: segmentKey(presentation, id, attempt, number), bytes });
      }
    }
  }
  const packs = defaultTexts(presentation).map(({ id, attempt, wholeBytes, segmentBytes }) => ({
    key: textKey(presentation, id, attempt),
    bytes: segmentBytes.reduce((sum, bytes) => sum + bytes, wholeBytes),
  }));
  return [...targets, ...packs];
}

/** What fits together. What does not is left out; smaller ones after it still go. */
function withinBytes(targets: readonly PrewarmTarget[]): PrewarmTarget[] {
  let bytesLeft = PREWARM_BYTES_MAX;
  return targets.filter(({ bytes }) => {
    const fits = bytes <= bytesLeft;
    bytesLeft -= fits ? bytes : 0;
    return fits;
  });
}

/** One run. Its counts go on changing after it was given up; `report` is what they were. */
class Prewarming {
  readonly #objects: ObjectSource;
  readonly #givenUp = new AbortController();
  readonly #counts = { read: 0, missing: 0, skipped: 0 };
  #wanted = 1;
  #reason: unknown;

  constructor(objects: ObjectSource) {
    this.#objects = objects;
  }

  /** `load` gives the presentation, which is the first object. */
  async run(load: () => Promise<Presentation | null>): Promise<void> {
    const presentation = await this.#count(load);
    const wanted = presentation === null ? [] : prewarmTargets(presentation);
    const targets = withinBytes(wanted);
    this.#wanted += targets.length;
    this.#counts.skipped = wanted.length - targets.length;
    const queue = targets.values();
    await Promise.all(Array.from({ length: PREWARM_PARALLEL }, () => this.#work(queue)));
  }

  giveUp({ assetId, version }: RevisionRef): PrewarmReport {
    this.#givenUp.abort();
    const { read, missing, skipped } = this.#counts;
    // With those that are not read yet.
    const failed = this.#wanted - read - missing;
    if (failed > 0) {
      const reason = String(this.#reason ?? `not read within ${PREWARM_MS} ms`);
      log.warn({ event: 'prewarm_incomplete', asset: assetId, version, read, missing, failed, reason });
    }
    return { read, missing, failed, skipped };
  }

  async #work(queue: Iterable<PrewarmTarget>): Promise<void> {
    for (const { key } of queue) {
      if (this.#givenUp.signal.aborted) {
        return;
      }
      await this.#count(() => this.#pull(key));
    }
  }

  /** What `read` gives: null where there is no such object, or it failed. */
  async #count<T>(read: () => Promise<T | null>): Promise<T | null> {
    try {
      const found = await read();
      this.#counts[found === null ? 'missing' : 'read'] += 1;
      return found;
    } catch (error) {
      this.#reason ??= error;
      return null;
    }
  }

  /** A body that streams is read to its end: a cache below may be filled by it. */
  async #pull(key: string): Promise<'pulled' | null> {
    const object = await this.#objects.get(key);
    if (object.kind !== 'found') {
      return null;
    }
    if (object.body instanceof ReadableStream) {
      await drain(object.body, this.#givenUp.signal);
    }
    object.giveBack?.();
    return 'pulled';
  }
}

/** Reads to the end, or lets go when it is given up. By hand: a pipe does not cancel a source that hangs. */
async function drain(body: ReadableStream<Uint8Array>, givenUp: AbortSignal): Promise<void> {
  const reader = body.getReader();
  const letGo = () => void reader.cancel().catch(() => {});
  givenUp.addEventListener('abort', letGo);
  try {
    while (!givenUp.aborted && !(await reader.read()).done) {
      // Nobody wants the bytes.
    }
  } finally {
    letGo();
    givenUp.removeEventListener('abort', letGo);
  }
}

/** What cannot be rendered cannot be played: it counts as a failure of the presentation. */
async function render(manifests: Manifests, ref: RevisionRef, presentation: Presentation): Promise<void> {
  for (const kind of ['multivariant', 'mpd'] as const) {
    manifests.manifest(kind, presentation, '/');
  }
  for (const { id } of [...presentation.tracks, ...defaultTexts(presentation)]) {
    await manifests.playlist(ref, { kind: 'media-playlist', track: id });
  }
}

type PrewarmOptions = { counters: TierCounters; startTimer: StartTimer };

/** Pulls a published version through the tiers of this isolate, which from now on count it as hot. Never throws. */
export async function prewarm(
  { objects, manifests, popularity }: Pick<Isolate, 'objects' | 'manifests' | 'popularity'>,
  ref: RevisionRef,
  options: PrewarmOptions = { counters: tierCounters, startTimer },
): Promise<PrewarmReport> {
  popularity.notePrewarm(ref, true);
  const load = async () => {
    const presentation = (await manifests.presentation(ref))?.presentation ?? null;
    await (presentation !== null && render(manifests, ref, presentation));
    return presentation;
  };
  const prewarming = new Prewarming(objects);
  await within(prewarming.run(load), PREWARM_MS, options.startTimer);
  const report = prewarming.giveUp(ref);
  options.counters.prewarmRead += report.read;
  options.counters.prewarmMissing += report.missing;
  options.counters.prewarmFailed += report.failed;
  options.counters.prewarmSkipped += report.skipped;
  return report;
}
