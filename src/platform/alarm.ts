/**
 * The one alarm of a Durable Object, shared by all that wait for a time in it. Setting an alarm moves it, and an object's
 * memory is gone after ten quiet seconds: so storage is asked what stands, each time. While it is asked no other event
 * of the object runs.
 */

export class Alarm {
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
