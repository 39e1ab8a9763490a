/** The bytes of a file at a URL, from an offset on, over as many connections as that takes (RFC 9110 13.1.5, 14). */

import { startTimer, TIMED_OUT, within } from '../../platform/timer.ts';
import { JobFailure } from '../encoding/job-failure.ts';
import { fetchChecked } from './fetch-checked.ts';

/** The server or the network failed. Worth another try later. */
export class SourceInterrupted extends Error {}
/** What was read so far is of no use: the file is another one by now, or its server cannot continue. */
export class SourceLost extends Error {}

/** What the server said of the file. Workflow steps store it. `sizeBytes` is null where it said no length. */
export type RemoteFile = { sizeBytes: number | null; etag: string | null; lastModified: string | null };

/** Held at a time. Smaller reads cost more CPU for the same bytes. */
const READ_BYTES = 256 * 1024;
/** A server that sends less than READ_BYTES in this time is taken for dead. */
const IDLE_MS = 60_000;
/** Connections of one reader. A server that cuts more often is given a pause. */
const MAX_CONNECTIONS = 100;
/** Statuses that go away by themselves. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

type Options = { url: string; loopbackAllowed: boolean; until: AbortSignal };
type Connection = { body: ReadableStreamBYOBReader; abort: AbortController; hasRead: boolean };

export class SourceReader {
  /** Of the next byte. */
  offset: number;
  /** Whether the server has shown or said that it can continue at an offset. */
  canResume = false;
  readonly #options: Options;
  #file: RemoteFile | null;
  #connection: Connection | null = null;
  #connections = 0;

  constructor(options: Options, file: RemoteFile | null, offset: number) {
    this.#options = options;
    this.#file = file;
    this.offset = offset;
  }

  /** Throws JobFailure, SourceInterrupted or SourceLost, as `read` does. */
  async open(): Promise<RemoteFile> {
    this.#connection ??= await this.#connect();
    if (this.#file === null) {
      throw new TypeError('a connection without a file');
    }
    return this.#file;
  }

  /** At most `maxBytes`; null at the end of the file. */
  async read(maxBytes: number): Promise<Uint8Array | null> {
    for (;;) {
      const { sizeBytes } = await this.open();
      const bytes = await this.#readOnce(Math.min(maxBytes, READ_BYTES));
      if (bytes !== null && bytes.byteLength > 0) {
        this.offset += bytes.byteLength;
        return bytes;
      }
      if (bytes !== null && (sizeBytes === null || this.offset >= sizeBytes)) {
        return null;
      }
      this.#reconnect();
    }
  }

  /** Before it is read to its end. */
  close(): void {
    this.#connection?.abort.abort();
    this.#connection = null;
  }

  /** None at the end of the connection; null where it broke. */
  async #readOnce(maxBytes: number): Promise<Uint8Array | null> {
    const connection = this.#connection;
    if (connection === null) {
      return null;
    }
    try {
      const read = connection.body.readAtLeast(maxBytes, new Uint8Array(maxBytes));
      const result = await within(read, IDLE_MS, startTimer);
      if (result === TIMED_OUT) {
        read.catch(() => undefined);
        return null;
      }
      const bytes = result.value ?? new Uint8Array();
      connection.hasRead ||= bytes.byteLength > 0;
      return bytes;
    } catch {
      return null;
    }
  }

  /** The next read goes on at the offset. A connection that brought nothing is not followed by another one at once. */
  #reconnect(): void {
    const hasRead = this.#connection?.hasRead === true;
    this.close();
    if (this.#file?.sizeBytes === null) {
      throw new SourceLost('its server, which states no length, broke off');
    }
    if (!hasRead || this.#connections >= MAX_CONNECTIONS || this.#options.until.aborted) {
      throw new SourceInterrupted('its server broke off, or was too slow');
    }
  }

  async #connect(): Promise<Connection> {
    this.#connections += 1;
    const abort = new AbortController();
    const until = AbortSignal.any([abort.signal, this.#options.until]);
    const response = await this.#ask(until);
    const { body } = response;
    const isFirst = this.offset === 0;
    const refusal = this.#refusalOf(response);
    if (body === null || refusal !== null) {
      abort.abort();
      throw refusal ?? new SourceInterrupted('its server sent no body');
    }
    const file = this.#file;
    this.#file = isFirst || file === null ? remoteFileOf(response) : file;
    this.canResume = !isFirst || (this.#file.sizeBytes !== null && response.headers.get('accept-ranges') === 'bytes');
    return { body: body.getReader({ mode: 'byob' }), abort, hasRead: false };
  }

  async #ask(until: AbortSignal): Promise<Response> {
    const { url, loopbackAllowed } = this.#options;
    // Offsets are those of the file itself, not of a compressed form.
    const headers = { 'accept-encoding': 'identity', ...rangeHeaders(this.#file, this.offset) };
    try {
      return await fetchChecked(url, { loopbackAllowed, headers, until });
    } catch (error) {
      throw error instanceof JobFailure ? error : new SourceInterrupted('its server cannot be reached, or is slow');
    }
  }

  #refusalOf(response: Response): Error | null {
    const { status } = response;
    if (PASSING.has(status)) {
      return new SourceInterrupted(`its server answered ${status}`);
    }
    if (this.offset === 0) {
      return status === 200 ? null : missing(status);
    }
    if (status === 206) {
      return continues(response, this.#file, this.offset) ? null : new SourceLost('the file has changed');
    }
    const reason = 'the file has changed, or its server cannot continue at an offset';
    return status === 200 || status === 416 ? new SourceLost(reason) : missing(status);
  }
}

const missing = (status: number) => new JobFailure('source_missing', `The source's server answered ${status}`);

const isStrong = (etag: string | null): etag is string => etag !== null && !etag.startsWith('W/');

/** With a validator, a file that has changed is answered as a whole. If-Range takes strong ones only (RFC 9110 13.1.5). */
function rangeHeaders(file: RemoteFile | null, offset: number): Record<string, string> {
  if (file === null || offset === 0) {
    return {};
  }
  const validator = isStrong(file.etag) ? file.etag : file.lastModified;
  return { range: `bytes=${offset}-`, ...(validator === null ? {} : { 'if-range': validator }) };
}

/** Number() alone takes '', '-1' and '0x10' as well. */
const LENGTH = /^\d{1,15}$/;

function remoteFileOf({ headers }: Response): RemoteFile {
  const length = headers.get('content-length') ?? '';
  // The runtime has unpacked a coded body, whose length was that of the packed one.
  const isCoded = headers.has('content-encoding') && headers.get('content-encoding') !== 'identity';
  const sizeBytes = LENGTH.test(length) && !isCoded ? Number(length) : null;
  return { sizeBytes, etag: headers.get('etag'), lastModified: headers.get('last-modified') };
}

/** Whether a 206 is the rest of the same file (RFC 9110 15.3.7). */
function continues({ headers }: Response, file: RemoteFile | null, offset: number): boolean {
  const [, first, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(headers.get('content-range') ?? '') ?? [];
  const etag = headers.get('etag');
  const isSame = etag === null || file?.etag === null || etag === file?.etag;
  return isSame && Number(first) === offset && Number(size) === file?.sizeBytes;
}
