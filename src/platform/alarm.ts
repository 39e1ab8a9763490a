/**
 * The one alarm of a Durable Object, shared by all of its code. Storage is asked each time what is set: an object's memory
 * is gone after ten quiet seconds. No other event of the object runs meanwhile.
 */

export class Alarm {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Keeps an earlier alarm. */
  async setBy(atMs: number): Promise<void> {
    const standing = await this.#storage.getAlarm();
    if (standing === null || standing > atMs) {
      await this.#storage.setAlarm(atMs);
    }
  }
}
