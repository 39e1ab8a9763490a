/**
 * Workers Cache: asks the media origin by a call that the platform answers from its cache where it has one. Offline the
 * origin runs each time, with the same answers. A call that fails, hangs or breaks off, or whose answer is not ours, is
 * passed by: the next tier is asked.
 */

import { isMediaKey } from '../../media/keys.ts';
import type { TierCounters } from '../../metrics/tier-counters.ts';
import { log } from '../../platform/log.ts';
import type { ObjectHead, ObjectRead, ObjectSource, TierName } from '../objects/objects.ts';
import { type ByteRange, type RangeSpec, resolveRange } from '../objects/ranges.ts';
import {
  askCache,
  type Described,
  describePart,
  describeWhole,
  discardResponse,
  rangeHeader,
} from './cached-response.ts';
import { type HoldOptions, holdStored, type StoredObject } from './held-object.ts';
import { MEDIA_ORIGIN_BODY_WAIT_MS, MEDIA_ORIGIN_WAIT_MS } from './limits.ts';
import { CALL_HEADER, mediaUrl, verdictOf } from './media-origin-protocol.ts';

export type WorkersCacheOptions = HoldOptions & {
  /** The call to the media origin through the platform's cache. */
  fetch: (request: Request) => Promise<Response>;
  counters: TierCounters;
};

/** An answer that says it holds an object, its body unread. `tier` is `edge` where it was made for an earlier call. */
type OriginAnswer = { response: Response; tier: TierName };

export class WorkersCacheTier implements ObjectSource {
  readonly #next: ObjectSource;
  readonly #options: WorkersCacheOptions;

  constructor(next: ObjectSource, options: WorkersCacheOptions) {
    this.#next = next;
    this.#options = options;
  }

  async head(key: string): Promise<ObjectHead | null> {
    const answer = await this.#ask('HEAD', key);
    if (answer === 'missing') {
      return null;
    }
    const whole = answer && describeWhole(answer.response);
    if (answer === null || whole === null) {
      letGo(answer?.response);
      return this.#next.head(key);
    }
    this.#options.counters.edgeHits += answer.tier === 'edge' ? 1 : 0;
    return { size: whole.size, etag: whole.etag, tier: answer.tier };
  }

  async get(key: string, range?: RangeSpec): Promise<ObjectRead> {
    const answer = await this.#ask('GET', key, range);
    if (answer === 'missing') {
      return { kind: 'missing' };
    }
    const read = answer && readOf(answer, range);
    if (answer === null || read === null) {
      letGo(answer?.response);
      return this.#next.get(key, range);
    }
    if (read.kind !== 'found') {
      discardResponse(answer.response);
      return read;
    }
    try {
      const held = await holdStored(read, MEDIA_ORIGIN_BODY_WAIT_MS, this.#options);
      this.#options.counters.edgeHits += answer.tier === 'edge' ? 1 : 0;
      return held;
    } catch (error) {
      passBy(String(error));
      return this.#next.get(key, range);
    }
  }

  /** `null` where there is no answer of ours. */
  async #ask(method: 'GET' | 'HEAD', key: string, range?: RangeSpec): Promise<OriginAnswer | 'missing' | null> {
    if (!isMediaKey(key)) {
      return null;
    }
    const { fetch, startTimer } = this.#options;
    const call = crypto.randomUUID();
    const headers = { [CALL_HEADER]: call, ...(range === undefined ? {} : { range: rangeHeader(range) }) };
    const request = new Request(mediaUrl(key), { method, headers });
    const response = await askCache(() => fetch(request), MEDIA_ORIGIN_WAIT_MS, startTimer, passBy);
    const verdict = response && verdictOf(response);
    const isStored = verdict?.call !== call;
    if (response !== null && verdict !== null && verdict.found !== 'missing') {
      return { response, tier: isStored ? 'edge' : verdict.found };
    }
    // The origin asks that no 404 be stored: one that was is not believed.
    if (response?.status === 404 && !isStored) {
      discardResponse(response);
      return 'missing';
    }
    letGo(response);
    return null;
  }
}

/** `null` where the answer is not one to this question. */
function readOf(
  { response, tier }: OriginAnswer,
  range: RangeSpec | undefined,
): StoredObject | { kind: 'unsatisfiable'; size: number } | null {
  // The platform answers a range with a 206; without its cache the origin answers with the whole object.
  const held = describeWhole(response) ?? (range === undefined ? null : describePart(response));
  if (held === null || response.body === null) {
    return null;
  }
  const { size, etag } = held;
  const wanted = range === undefined ? { offset: 0, length: size } : resolveRange(range, size);
  if (!('length' in wanted)) {
    return { kind: 'unsatisfiable', size };
  }
  const { offset, length } = wanted;
  const body = cutOut(response.body, held, wanted);
  return body && { kind: 'found', size, etag, tier, body, part: { offset, length } };
}

/** The bytes that are wanted, of a body that holds just them or the whole; `null` where it holds others. */
function cutOut(
  body: ReadableStream<Uint8Array>,
  { size, part }: Described,
  { offset, length }: ByteRange,
): ReadableStream<Uint8Array> | null {
  if (part.offset === offset && part.length === length) {
    return body;
  }
  if (part.length !== size) {
    return null;
  }
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

function letGo(response: Response | null | undefined): void {
  if (response != null) {
    passBy(`status ${response.status}`);
    discardResponse(response);
  }
}

/** Without the key, which names an asset. */
function passBy(reason: string): void {
  log.warn({ event: 'workers_cache_passed_by', reason });
}
