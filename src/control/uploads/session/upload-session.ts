/**
 * UploadSession: the Durable Object with the bytes and the offset of one upload. Full parts go to R2 while more arrives.
 * What is in no part when a body ends, or is cut, is written into SQLite in the transaction of the offset, before anybody
 * is told of it, so that whatever was acknowledged survives the object. An upload in progress holds 4 MiB of memory at
 * most, beside the rows that all uploads of an isolate may hold together (HELD_BYTES_MAX), which leave room for the look at
 * its index.
 */
import { DurableObject } from 'cloudflare:workers';
import { setUploadLook } from '../../../catalog/uploads.ts';
import { log } from '../../../platform/log.ts';
import type { SettleEnv } from '../../encoding/workflow/settle-jobs.ts';
import { failWhole, settleUpload } from '../settle/settle-upload.ts';
import { BucketObject, PieceMissing } from './bucket-object.ts';
import { type Accepted, checkAppend, type Refusal } from './check-append.ts';
import { startChecksum } from './checksum.ts';
import { FORGET_AFTER_MS, retryAfterMs, SLICE_MS } from './limits.ts';
import { LookAhead } from './look-ahead.ts';
import { PartsOnTheWay } from './parts-on-the-way.ts';
import { type BodyEnd, readBody } from './read-body.ts';
import {
  APPEND_HEADER,
  type AppendOrder,
  type AppendResult,
  type UploadFacts,
  type UploadSessionCalls,
  type UploadStatus,
} from './session-port.ts';
import { type Piece, SessionStore } from './session-store.ts';
import { type Writer, Writers } from './writers.ts';

export type UploadsEnv = { UPLOADS: DurableObjectNamespace<UploadSession> };

export class UploadSession extends DurableObject<SettleEnv> implements UploadSessionCalls {
  readonly #store = new SessionStore(this.ctx.storage);
  readonly #object = new BucketObject(this.env.MEDIA, this.#store);
  readonly #writers = new Writers();
  readonly #parts = new PartsOnTheWay(this.#store, this.#object);
  readonly #lookAhead = new LookAhead(this.#store);
  #ending: Promise<void> | null = null;
  #isDiscarded = false;

  override async fetch(request: Request): Promise<Response> {
    const order = JSON.parse(request.headers.get(APPEND_HEADER) ?? '') as AppendOrder;
    const refused = await this.#alone((writer) => (writer.isStopped ? 'busy' : this.#append(order, request, writer)));
    const result: AppendResult = { ...this.#status(order.facts), ...(refused === null ? {} : { refused }) };
    return Response.json(result);
  }

  status(facts: UploadFacts): Promise<UploadStatus> {
    return this.#alone(() => {
      this.#store.persist(); // Only where the writer could not.
      return this.#status(facts);
    });
  }

  async progress(facts: UploadFacts): Promise<UploadStatus> {
    return this.#status(facts);
  }

  #status(facts: UploadFacts): UploadStatus {
    const { found } = this.#lookAhead;
    return { ...this.#store.status(facts), ...(found === null ? {} : { look: found }) };
  }

  async concatenate(facts: UploadFacts, parts: readonly Piece[]): Promise<void> {
    if (this.#store.session === null) {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      this.#store.begin(facts, length);
      this.#store.setPieces(parts);
      this.#store.advanceTo(length);
      this.#store.persist();
      await this.ctx.storage.setAlarm(Date.now());
    }
  }

  discard(): Promise<void> {
    return this.#alone(async () => {
      this.#isDiscarded = true;
      await Promise.allSettled([this.#parts.ended(), this.#ending]);
      if (this.#store.session !== null) {
        await this.#object.abort(this.#store.session);
      }
      await this.#store.clear();
    });
  }

  override async alarm(): Promise<void> {
    if (this.#store.session?.phase === 'settled') {
      await this.#store.clear();
      return;
    }
    try {
      await this.#end();
    } catch (error) {
      // Handled here because the platform repeats a failed alarm for a few seconds only.
      const failures = (this.#store.session?.failures ?? 0) + 1;
      this.#store.change({ failures });
      await this.ctx.storage.setAlarm(Date.now() + retryAfterMs(failures));
      log.warn({ event: 'upload_not_stored', id: this.#store.session?.facts.id, failures, reason: String(error) });
    }
  }

  async #alone<T>(use: (writer: Writer) => T | Promise<T>): Promise<T> {
    const writer = await this.#writers.take();
    try {
      return await use(writer);
    } finally {
      writer.end();
    }
  }

  async #append(order: AppendOrder, request: Request, writer: Writer): Promise<Refusal | null> {
    const declared = request.headers.get('content-length');
    const accepted = checkAppend(this.#store.session, order, declared === null ? null : Number(declared));
    if (typeof accepted === 'string' || this.#isDiscarded) {
      return typeof accepted === 'string' ? accepted : 'ended';
    }
    this.#store.begin(order.facts, accepted.wholeLength);
    const refused = await this.#receive(order, request.body, accepted, writer);
    if (this.#store.session?.phase === 'ending') {
      // Should it fail, the alarm repeats it.
      await this.#end().catch((error: unknown) =>
        log.warn({ event: 'upload_not_stored', id: order.facts.id, reason: String(error) }),
      );
    }
    return refused;
  }

  async #receive(
    { offset, checksum, isLast }: AppendOrder,
    body: ReadableStream | null,
    { limit, beyond }: Accepted,
    writer: Writer,
  ): Promise<Refusal | null> {
    const check = checksum === undefined ? null : startChecksum(checksum.algorithm);
    let position = offset;
    this.#store.dropUncounted();
    const keep = async (bytes: Uint8Array): Promise<void> => {
      this.#store.addRow(position, bytes);
      position += bytes.byteLength;
      if (check === null) {
        this.#advanceTo(position);
        await this.#parts.makeRoom();
      } else {
        await check.add(bytes);
      }
    };
    let end: BodyEnd = 'cut';
    try {
      end = await this.#read(body, { offset, limit }, writer, keep);
      if (end === 'whole') {
        if (check !== null && (await check.digest()) === checksum?.digest) {
          this.#advanceTo(position);
        }
        await this.#parts.storeFull(() => writer.isStopped);
      }
    } finally {
      this.#store.dropUncounted();
      this.#store.persist();
    }
    if (end !== 'whole') {
      return end === 'long' ? beyond : writer.isStopped ? 'busy' : null;
    }
    return position === this.#store.session?.offset ? this.#close(position, isLast === true) : 'checksum_mismatch';
  }

  /** The look comes before rows leave with a part. The append does not wait until it is written down. */
  #advanceTo(position: number): void {
    this.#store.advanceTo(position);
    const look = this.#lookAhead.look();
    const { facts: { id } = { id: '' } } = this.#store.session ?? {};
    if (look !== null) {
      const written = setUploadLook(this.env.CATALOG, id, JSON.stringify(look), Date.now());
      this.ctx.waitUntil(
        written.catch((error: unknown) => log.warn({ event: 'upload_look_lost', id, reason: String(error) })),
      );
    }
  }

  async #read(
    body: ReadableStream | null,
    from: { offset: number; limit: number },
    writer: Writer,
    keep: (bytes: Uint8Array) => Promise<void>,
  ): Promise<BodyEnd> {
    if (body === null) {
      return 'whole';
    }
    const reader = body.getReader({ mode: 'byob' });
    const cancel = () => void reader.cancel().catch(() => {});
    writer.onStop(cancel);
    try {
      const end = await readBody(reader, from, keep);
      return writer.isStopped ? 'cut' : end;
    } finally {
      cancel();
    }
  }

  /** A body has arrived as a whole: the upload ends with it if it is the last, or if there is nothing left to come. */
  #close(offset: number, isLast: boolean): Refusal | null {
    const session = this.#store.session;
    if (isLast && session?.length === null) {
      this.#store.change({ length: offset });
    }
    this.#store.persist();
    return isLast && this.#store.session?.length !== offset ? 'length_mismatch' : null;
  }

  /** Shared by the append that ends the upload and the alarm. */
  #end(): Promise<void> {
    this.#ending ??= this.#storeAndSettle().finally(() => {
      this.#ending = null;
    });
    return this.#ending;
  }

  async #storeAndSettle(): Promise<void> {
    await this.#parts.ended();
    const session = this.#store.session;
    if (session === null || session.phase === 'open' || session.phase === 'settled') {
      return;
    }
    const { id } = session.facts;
    // Stored by an earlier call, which may have been long ago.
    const isStored = session.phase === 'stored';
    try {
      if (!(await this.#object.storeRest(Date.now() + SLICE_MS))) {
        await this.ctx.storage.setAlarm(Date.now());
        return;
      }
      await settleUpload(this.env, id, isStored ? undefined : session.offset);
      await this.#object.deletePieces();
    } catch (error) {
      if (!(error instanceof PieceMissing)) {
        throw error;
      }
      await failWhole(this.env, id);
      await this.#object.abort(this.#store.session ?? session);
    }
    this.#store.change({ phase: 'settled' });
    await this.ctx.storage.setAlarm(Date.now() + FORGET_AFTER_MS);
  }
}
