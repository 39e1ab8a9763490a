/** One writer at a time; the newest wins. */

export class Writer {
  readonly #done = Promise.withResolvers<void>();
  readonly ended = this.#done.promise;
  isStopped = false;
  #stop: () => void = () => {};

  /** How its reading is ended. */
  onStop(stop: () => void): void {
    this.#stop = stop;
  }

  stop(): void {
    this.isStopped = true;
    this.#stop();
  }

  end(): void {
    this.#done.resolve();
  }
}

export class Writers {
  #latest: Writer | null = null;

  /** Ends the writer that is there, after it has kept what it has. The one returned may have been stopped meanwhile. */
  async take(): Promise<Writer> {
    const [before, writer] = [this.#latest, new Writer()];
    this.#latest = writer;
    before?.stop();
    await before?.ended;
    return writer;
  }
}
