/**
 * Brings a source into the bucket: it is there already, or it is pulled from a URL as a multipart upload. A call is a slice: it
 * ends after minutes or a failure and returns what the next one needs to go on.
 */

import { bucketErrorOf } from '../../platform/binding-errors.ts';
import { MULTIPART_BYTES_MAX, NO_SUCH_UPLOAD, PART_BYTES, PARTS_MAX } from '../../platform/multipart.ts';
import { JobFailure } from '../encoding/job-failure.ts';
import { type RemoteFile, SourceInterrupted, SourceLost, SourceReader } from './pull-reader.ts';
import { sendSized, sendUnsized } from './send-part.ts';

/** Where the server states no length, a part is held in memory, since R2 asks for its length first. */
const UNSIZED_PART_BYTES = 8 * 1024 ** 2;
/** A step may take ten minutes. A slice ends at the first part after six; a part that takes longer than nine is given up. */
const SLICE_MS = 6 * 60_000;
const SLICE_END_MS = 9 * 60_000;
/** Slices in a row that brought nothing. With the pauses between them (pull-steps.ts) that is 20 minutes. */
const MAX_FAILURES = 8;
/** For a file that changes while it is read, and a server that cannot continue. */
const MAX_RESTARTS = 3;

export type SourceRequest = { key: string; url: string | null };
export type PulledSource = { key: string; sizeBytes: number };

/** Workflow steps store it, so it may only be widened. */
export type PullProgress = {
  upload: { id: string; partBytes: number; file: RemoteFile } | null;
  failures: number;
  restarts: number;
};
/** `etags`: of the parts that this slice added. All of them in each step's result could exceed what a step may return. */
export type PullSlice = PulledSource | { pull: PullProgress; etags: string[] };
/** `etags`: of all parts so far. */
export type PullState = PullProgress & { etags: readonly string[] };

export const NOTHING_PULLED: PullState = { upload: null, failures: 0, restarts: 0, etags: [] };

export type PullLimits = { sliceMs: number; partBytes: number };

/** Throws JobFailure where the source is not available; other errors are faults of ours and worth a retry. */
export async function pullSource(
  bucket: R2Bucket,
  source: SourceRequest,
  state: PullState,
  loopbackAllowed: boolean,
  limits: PullLimits = { sliceMs: SLICE_MS, partBytes: PART_BYTES },
): Promise<PullSlice> {
  const standing = await bucket.head(source.key);
  if (standing !== null) {
    return { key: source.key, sizeBytes: standing.size };
  }
  if (source.url === null) {
    throw new JobFailure('source_missing', 'The source object does not exist');
  }
  const until = AbortSignal.timeout(SLICE_END_MS);
  return new Pull(bucket, source.key, state, limits).run({ url: source.url, loopbackAllowed, until });
}

/** Gives up what was pulled so far. */
export async function dropPull(bucket: R2Bucket, key: string, { upload }: PullProgress): Promise<void> {
  // What cannot be aborted now, R2 aborts after seven days.
  await (upload &&
    bucket
      .resumeMultipartUpload(key, upload.id)
      .abort()
      .catch(() => undefined));
}

class Pull {
  readonly #bucket: R2Bucket;
  readonly #key: string;
  readonly #before: PullState;
  readonly #limits: PullLimits;
  #upload: PullProgress['upload'];
  readonly #etags: string[];

  constructor(bucket: R2Bucket, key: string, before: PullState, limits: PullLimits) {
    this.#bucket = bucket;
    this.#key = key;
    this.#before = before;
    this.#limits = limits;
    this.#upload = before.upload;
    this.#etags = [...before.etags];
  }

  async run(options: ConstructorParameters<typeof SourceReader>[0]): Promise<PullSlice> {
    const offset = this.#etags.length * (this.#upload?.partBytes ?? 0);
    const reader = new SourceReader(options, this.#upload?.file ?? null, offset);
    try {
      return await this.#read(reader);
    } catch (error) {
      return await this.#after(error);
    } finally {
      reader.close();
    }
  }

  async #read(reader: SourceReader): Promise<PullSlice> {
    const startedAtMs = Date.now();
    this.#upload ??= await this.#begin(await reader.open());
    const { id, partBytes, file } = this.#upload;
    const upload = this.#bucket.resumeMultipartUpload(this.#key, id);
    while (file.sizeBytes === null || reader.offset < file.sizeBytes) {
      if (this.#etags.length >= PARTS_MAX) {
        throw tooLarge();
      }
      const isSliceOver = Date.now() - startedAtMs >= this.#limits.sliceMs;
      if (isSliceOver && reader.canResume && this.#addedEtags().length > 0) {
        return this.#progress(0);
      }
      const number = this.#etags.length + 1;
      const part =
        file.sizeBytes === null
          ? await sendUnsized(upload, number, reader, partBytes)
          : await sendSized(upload, number, reader, Math.min(partBytes, file.sizeBytes - reader.offset));
      if (part === null) {
        break;
      }
      this.#etags.push(part.etag);
    }
    if (this.#etags.length === 0) {
      throw empty();
    }
    const parts = this.#etags.map((etag, index) => ({ partNumber: index + 1, etag }));
    const { size } = await upload.complete(parts);
    return { key: this.#key, sizeBytes: size };
  }

  async #begin(file: RemoteFile): Promise<NonNullable<PullProgress['upload']>> {
    if (file.sizeBytes !== null && file.sizeBytes > MULTIPART_BYTES_MAX) {
      throw tooLarge();
    }
    if (file.sizeBytes === 0) {
      throw empty();
    }
    const { uploadId: id } = await this.#bucket.createMultipartUpload(this.#key);
    return { id, partBytes: file.sizeBytes === null ? UNSIZED_PART_BYTES : this.#limits.partBytes, file };
  }

  async #after(error: unknown): Promise<PullSlice> {
    if (error instanceof JobFailure) {
      return this.#fail(error);
    }
    if (error instanceof SourceLost || bucketErrorOf(error) === NO_SUCH_UPLOAD) {
      const restarts = this.#before.restarts + 1;
      if (restarts > MAX_RESTARTS) {
        const reason = error instanceof SourceLost ? error.message : 'its parts are gone';
        return this.#fail(new JobFailure('source_missing', `The source was begun ${restarts} times: ${reason}`));
      }
      await this.#drop();
      return { pull: { upload: null, failures: 0, restarts }, etags: [] };
    }
    if (this.#upload?.file.sizeBytes !== null && this.#addedEtags().length > 0) {
      return this.#progress(0);
    }
    if (!(error instanceof SourceInterrupted)) {
      if (this.#before.upload === null) {
        await this.#drop();
      }
      throw error;
    }
    const failures = this.#before.failures + 1;
    if (failures > MAX_FAILURES) {
      const reason = `The source could not be read in ${failures} attempts: ${error.message}`;
      return this.#fail(new JobFailure('source_missing', reason));
    }
    return this.#progress(failures);
  }

  /** Without a part, nothing is kept: the next slice then begins with what the server says by then. */
  async #progress(failures: number): Promise<PullSlice> {
    const { restarts } = this.#before;
    if (this.#etags.length === 0) {
      await this.#drop();
    }
    return { pull: { upload: this.#upload, failures, restarts }, etags: this.#addedEtags() };
  }

  async #fail(error: JobFailure): Promise<never> {
    await this.#drop();
    throw error;
  }

  async #drop(): Promise<void> {
    await dropPull(this.#bucket, this.#key, { upload: this.#upload, failures: 0, restarts: 0 });
    this.#upload = null;
    this.#etags.length = 0;
  }

  #addedEtags(): string[] {
    return this.#etags.slice(this.#before.etags.length);
  }
}

const tooLarge = () =>
  new JobFailure('source_refused', `The source has more than ${Math.floor(MULTIPART_BYTES_MAX / 1024 ** 3)} GiB`);
const empty = () => new JobFailure('source_empty', 'The source has no bytes');
