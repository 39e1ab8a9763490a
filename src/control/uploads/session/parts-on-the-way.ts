/** Full parts go to R2, one at a time, while more is read. */
import { log } from '../../../platform/log.ts';
import { PART_BYTES } from '../../../platform/multipart.ts';
import type { BucketObject } from './bucket-object.ts';
import { PART_TRIES, WAITING_BYTES_MAX } from './limits.ts';
import type { SessionStore } from './session-store.ts';

export class PartsOnTheWay {
  readonly #store: SessionStore;
  readonly #object: BucketObject;
  #part: Promise<void> | null = null;

  constructor(store: SessionStore, object: BucketObject) {
    this.#store = store;
    this.#object = object;
  }

  /** Resolves when more may be kept. Rejects if the bucket has failed for so long that this cannot be. */
  async makeRoom(): Promise<void> {
    this.#start();
    for (let tries = 1; this.#store.waitingBytes >= WAITING_BYTES_MAX; tries++) {
      await this.#part?.catch((error: unknown) => {
        if (tries === PART_TRIES) {
          throw error;
        }
      });
      this.#start();
    }
  }

  /** Resolves when no full part waits, or when the bucket has failed, or when `isStopped`. */
  async storeFull(isStopped: () => boolean): Promise<void> {
    let hasFailed = false;
    while (!hasFailed && !isStopped() && this.#store.waitingBytes >= PART_BYTES) {
      this.#start();
      await this.#part?.catch(() => {
        hasFailed = true;
      });
    }
  }

  /** Resolves when none is on the way, whatever became of it. */
  async ended(): Promise<void> {
    await this.#part?.catch(() => {});
  }

  #start(): void {
    const { session, waitingBytes } = this.#store;
    if (this.#part === null && session !== null && waitingBytes >= PART_BYTES) {
      this.#part = this.#object.storePart(session).finally(() => {
        this.#part = null;
      });
      // Its rows are still there: it is tried again with the next row, and at last by whoever waits for it.
      this.#part.catch((error: unknown) =>
        log.warn({ event: 'upload_part_not_stored', id: session.facts.id, reason: String(error) }),
      );
    }
  }
}
