/** Requests and events per second, over the last five to ten seconds. Pure; the clock comes in. */
const SPAN_MS = 5_000;

type Span = { number: number; requests: number; events: number };

export class ShardLoad {
  #present: Span = { number: 0, requests: 0, events: 0 };
  #before: Span = { number: -1, requests: 0, events: 0 };

  #roll(nowMs: number): void {
    const number = Math.floor(nowMs / SPAN_MS);
    if (number > this.#present.number) {
      this.#before = this.#present;
      this.#present = { number, requests: 0, events: 0 };
    }
  }

  note(events: number, nowMs: number): void {
    this.#roll(nowMs);
    this.#present.requests += 1;
    this.#present.events += events;
  }

  rates(nowMs: number): { requestsPerSecond: number; eventsPerSecond: number } {
    this.#roll(nowMs);
    const hasBefore = this.#before.number === this.#present.number - 1;
    const seconds = (SPAN_MS + (nowMs % SPAN_MS)) / 1000;
    const sum = (key: 'requests' | 'events') => this.#present[key] + (hasBefore ? this.#before[key] : 0);
    return { requestsPerSecond: sum('requests') / seconds, eventsPerSecond: sum('events') / seconds };
  }
}
