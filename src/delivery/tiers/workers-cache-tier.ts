/**
 * Workers Cache: asks the media origin by a call that the platform answers from its cache where it can. Where there is no
 * such cache, as offline, the origin runs each time and the answers are the same. Whatever fails, hangs, breaks off or is
 * not an answer of ours is passed by: the next tier is asked, as if this one were not there.
 */

import { isMediaKey } from '../../media/keys.ts';
import type { TierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import { TIMED_OUT, within } from '../../platform/timer.ts';
import type { ObjectHead, ObjectRead, ObjectSource, TierName } from '../objects/objects.ts';
import { type ByteRange, type RangeSpec, resolveRange } from '../objects/ranges.ts';
import { type Described, describePart, describeWhole, discardResponse, rangeHeader } from './cached-response.ts';
import { MEDIA_ORIGIN_BODY_WAIT_MS, MEDIA_ORIGIN_WAIT_MS } from './limits.ts';
import { CALL_HEADER, mediaUrl, type OriginVerdict, verdictOf } from './media-origin-protocol.ts';
import { type HoldOptions, holdStored, type StoredObject } from './read-whole.ts';

export type WorkersCacheOptions = HoldOptions & {
  /** The call to the media origin through the platform's cache. */
  fetch: (request: Request) => Promise<Response>;
  counters: TierCounters;
};

/** An answer of ours, body unread: what the origin found, and whether for this call or for one whose answer was kept. */
type Answer = { response: Response; found: TierName | 'missing'; isStored: boolean };

export class WorkersCacheTier implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #options: WorkersCacheOptions;

  constructor(next: ObjectSource, options: WorkersCacheOptions) {
    this.#next = next;
    this.#options = options;
  }

  async head(key: string): Promise<ObjectHead | null> {
    const answer = await this.#ask('HEAD', key);
    if (answer !== null && isMissing(answer)) {
      discardResponse(answer.response);
      return null;
    }
    const whole = answer === null ? null : describeWhole(answer.response);
    if (answer === null || whole === null) {
      return this.#passBy(answer, () => this.#next.head(key));
    }
    this.#count(answer);
    return { size: whole.size, etag: whole.etag, tier: tierOf(answer) };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const answer = await this.#ask('GET', key, range);
    const read = answer === null ? null : readOf(answer, range);
    if (answer === null || read === null) {
      return this.#passBy(answer, () => this.#next.get(key, range));
    }
    if (read.kind !== 'found') {
      discardResponse(answer.response);
      return read;
    }
    try {
      const held = await holdStored(read, MEDIA_ORIGIN_BODY_WAIT_MS, this.#options);
      this.#count(answer);
      return held;
    } catch (error) {
      logPassedBy(String(error));
      return this.#next.get(key, range);
    }
  }

  #count({ isStored }: Answer): void {
    this.#options.counters.edgeHits += isStored ? 1 : 0;
  }

  async #ask(method: 'GET' | 'HEAD', key: string, range?: RangeSpec): Promise<Answer | null> {
    if (!isMediaKey(key)) {
      return null;
    }
    const call = crypto.randomUUID();
    const headers = { [CALL_HEADER]: call, ...(range === undefined ? {} : { range: rangeHeader(range) }) };
    const response = await this.#fetch(new Request(mediaUrl(key), { method, headers }));
    const verdict: OriginVerdict | null = response === null ? null : verdictOf(response);
    if (response === null || verdict === null) {
      if (response !== null) {
        discardResponse(response);
      }
      return null;
    }
    return { response, found: verdict.found, isStored: verdict.call !== call };
  }

  /** `null` where the call failed or took too long; what comes later is let go. */
  async #fetch(request: Request): Promise<Response | null> {
    const work = (async () => this.#options.fetch(request))();
    try {
      const response = await within(work, MEDIA_ORIGIN_WAIT_MS, this.#options.startTimer);
      if (response !== TIMED_OUT) {
        return response;
      }
      work.then(discardResponse).catch(() => {});
      logPassedBy('no answer in time');
    } catch (error) {
      logPassedBy(String(error));
    }
    return null;
  }

  #passBy<T>(answer: Answer | null, next: () => Promise<T>): Promise<T> {
    if (answer !== null) {
      logPassedBy(`status ${answer.response.status}`);
      discardResponse(answer.response);
    }
    return next();
  }
}

/** A 404 that was stored is none that may be believed: the origin has asked that it is not. */
const isMissing = ({ response, found, isStored }: Answer): boolean =>
  response.status === 404 && found === 'missing' && !isStored;

const tierOf = ({ found, isStored }: Answer): TierName => (isStored || found === 'missing' ? 'edge' : found);

/** `null` where the answer is not one to this question. */
function readOf(
  answer: Answer,
  range: RangeSpec | undefined,
): StoredObject | Exclude<ObjectRead, { kind: 'found' }> | null {
  const { response } = answer;
  if (isMissing(answer)) {
    return { kind: 'missing' };
  }
  // The platform answers a range by a 206, whoever runs without its cache by the whole.
  const held = describeWhole(response) ?? (range === undefined ? null : describePart(response));
  if (held === null || response.body === null || answer.found === 'missing') {
    return null;
  }
  const { size, etag } = held;
  const wanted = range === undefined ? { offset: 0, length: size } : resolveRange(range, size);
  if (!('length' in wanted)) {
    return { kind: 'unsatisfiable', size };
  }
  const { offset, length } = wanted;
  const body = cutOut(response.body, held, wanted);
  return body && { kind: 'found', size, etag, tier: tierOf(answer), body, part: { offset, length } };
}

/** The bytes that are wanted, of a body that holds just them or the whole; `null` where it holds others. */
function cutOut(
  body: ReadableStream<Uint8Array>,
  { size, part }: Described,
  wanted: ByteRange,
): ReadableStream<Uint8Array> | null {
  if (part.offset === wanted.offset && part.length === wanted.length) {
    return body;
  }
  return part.length === size ? slice(body, wanted) : null;
}

/** Reads past what comes before, and lets go of what comes after. */
function slice(body: ReadableStream<Uint8Array>, { offset, length }: ByteRange): ReadableStream<Uint8Array> {
  let before = offset;
  let left = length;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      const bytes = chunk.subarray(before, before + left);
      before = Math.max(0, before - chunk.byteLength);
      left -= bytes.byteLength;
      if (bytes.byteLength > 0) {
        controller.enqueue(bytes);
      }
      if (left === 0) {
        controller.terminate();
      }
    },
  });
  // Its length is known: the answer to the player has a Content-Length.
  return body.pipeThrough(cut).pipeThrough(new FixedLengthStream(length));
}

/** Without the key, which names an asset. */
function logPassedBy(reason: string): void {
  log.warn({ event: 'workers_cache_passed_by', reason });
}
