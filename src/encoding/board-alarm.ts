/** The board's one alarm, shared by all that wait for a time: leases, pauses after failures, events to be sent again. */

export class BoardAlarm {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** An earlier one that stands is kept. */
  async setBy(atMs: number): Promise<void> {
    const standing = await this.#storage.getAlarm();
    if (standing === null || standing > atMs) {
      await this.#storage.setAlarm(atMs);
    }
  }
}
