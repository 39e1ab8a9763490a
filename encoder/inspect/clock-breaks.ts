/**
 * Where the clock of a source restarts or jumps, from the times of its packets in file order, and by how much each part has to
 * be moved so that it follows the one before. Pure.
 */
import type { Remux } from '../../src/protocol/source-facts.ts';

/** Seconds; null where the packet has none. */
export type TimedPacket = { stream: number; dts: number | null; pts: number | null; duration: number | null };

export type ClockBreaks = {
  shifts: Remux['shifts'];
  /** Where the first part after a break begins, on the joined clock. */
  places: number[];
};

/** Common to all streams, a shorter silence of the clock is a hole of the film. */
const LONGEST_HOLE_SECONDS = 10;
/** Decode times go forward. More than this is not jitter of a muxer. */
const LEAST_STEP_BACK_SECONDS = 0.1;
/** How far the streams of one part may begin or end apart, and lie apart in the file. */
const MAX_SKEW_SECONDS = 10;
/** A stream that goes on so long by the old clock after another's jump has not jumped with it. */
const MAX_INTERLEAVE_SECONDS = 2;

/** Sound that begins before the picture or ends after it by less is the padding of an encoder. */
const MAX_PADDING_SECONDS = 0.1;

type Clock = {
  packets: number;
  /** When the next packet is due, by the source's clock. */
  due: number | null;
  /** Between the last two packets. */
  step: number;
  /** When the last of its part is over, by the source's clock. */
  end: number;
  /** How much of the old clock it has shown since another stream jumped. */
  goneOn: number;
};

type Jump = { packet: number; first: number; end: number; dueBefore: number };
/** The streams that have gone over to a new clock, by their first packet there. */
type Pending = Map<number, Jump>;

const newClock = (): Clock => ({ packets: 0, due: null, step: 0, end: Number.NEGATIVE_INFINITY, goneOn: 0 });

export class ClockReader {
  readonly #clocks: Clock[];
  readonly #shifts: Remux['shifts'] = [];
  readonly #places: number[] = [];
  #pending: Pending | null = null;
  /** Of the part that is being read. */
  #shift = 0;

  constructor(streams: number) {
    this.#clocks = Array.from({ length: streams }, newClock);
  }

  read({ stream, dts, pts, duration }: TimedPacket): void {
    const clock = this.#clocks[stream];
    const time = dts ?? pts;
    if (clock === undefined) {
      return;
    }
    const packet = clock.packets++;
    if (time === null) {
      return;
    }
    const last = clock.due === null ? null : clock.due - clock.step;
    const isJump = clock.due !== null && isBreak(time - clock.due, clock.step);
    const isFirst = clock.due === null && this.#isOfPending(time);
    if (isFirst || (isJump && !this.#isHole(stream, time))) {
      this.#jump(stream, { packet, first: pts ?? time, end: pts ?? time, dueBefore: clock.due ?? time });
    } else if (this.#pending !== null && !this.#pending.has(stream) && last !== null) {
      this.#goOn(clock, Math.max(0, time - last));
    }
    if (duration !== null && duration > 0) {
      clock.step = duration;
    } else if (last !== null && !isJump && time > last) {
      clock.step = time - last;
    }
    clock.due = time + clock.step;
    const end = (pts ?? time) + clock.step;
    const joined = this.#pending?.get(stream);
    if (joined === undefined) {
      clock.end = Math.max(clock.end, end);
    } else {
      joined.end = Math.max(joined.end, end);
      this.#settleWhenLong(joined);
    }
  }

  finish(): ClockBreaks {
    this.#settle();
    return { shifts: this.#shifts, places: this.#places };
  }

  /** Whether another stream is at this time already: then this one alone was silent. */
  #isHole(stream: number, time: number): boolean {
    return this.#clocks.some(
      ({ due, step }, other) =>
        other !== stream &&
        due !== null &&
        this.#pending?.has(other) !== true &&
        time > (this.#clocks[stream]?.due ?? 0) &&
        Math.abs(time - (due - step)) < MAX_SKEW_SECONDS,
    );
  }

  #isOfPending(time: number): boolean {
    return [...(this.#pending?.values() ?? [])].some(({ first }) => Math.abs(time - first) < MAX_SKEW_SECONDS);
  }

  #jump(stream: number, jump: Jump): void {
    const earlier = this.#pending?.get(stream);
    if (earlier !== undefined && Math.abs(jump.first - earlier.dueBefore) < MAX_INTERLEAVE_SECONDS) {
      // A few damaged times, and the old clock again.
      const seconds = this.#shift + earlier.dueBefore - earlier.first;
      this.#shifts.push({ stream, packet: earlier.packet, seconds });
      this.#shifts.push({ stream, packet: jump.packet, seconds: this.#shift });
      this.#pending?.delete(stream);
      return;
    }
    if (earlier !== undefined || !this.#isOfPending(jump.first)) {
      this.#settle();
      this.#pending = new Map();
    }
    this.#pending?.set(stream, jump);
    if (this.#pending?.size === this.#clocks.length) {
      this.#settle();
    }
  }

  #goOn(clock: Clock, seconds: number): void {
    clock.goneOn += seconds;
    if (clock.goneOn > MAX_SKEW_SECONDS) {
      // The others alone have jumped.
      this.#forget();
    }
  }

  #settleWhenLong({ first, end }: Jump): void {
    if (end - first > MAX_SKEW_SECONDS) {
      this.#settle();
    }
  }

  #forget(): void {
    for (const [stream, jump] of this.#pending ?? []) {
      const clock = this.#clocks[stream];
      if (clock !== undefined) {
        clock.end = Math.max(clock.end, jump.end);
      }
    }
    this.#pending = null;
    for (const clock of this.#clocks) {
      clock.goneOn = 0;
    }
  }

  /** The pictures of both parts stay on one grid where the sound overlaps no more than an encoder's padding. */
  #joined(pending: Pending, seconds: number): number {
    const [picture] = this.#clocks;
    const next = pending.get(0);
    const seamless = (picture?.end ?? 0) + this.#shift - (next?.first ?? 0);
    return next !== undefined && seconds - seamless <= MAX_PADDING_SECONDS ? seamless : seconds;
  }

  /** Ends the part before the break, unless a stream has gone on without it. */
  #settle(): void {
    const pending = this.#pending;
    if (pending === null || pending.size === 0) {
      this.#pending = null;
      return;
    }
    const stays = this.#clocks.some((clock, stream) => !pending.has(stream) && clock.goneOn > MAX_INTERLEAVE_SECONDS);
    if (stays) {
      this.#forget();
      return;
    }
    const firsts = [...pending.values()].map(({ first }) => first);
    const place = Math.max(...this.#clocks.map(({ end }) => end)) + this.#shift;
    this.#shift = this.#joined(pending, place - Math.min(...firsts));
    this.#places.push(place);
    for (const [stream, clock] of this.#clocks.entries()) {
      const jump = pending.get(stream);
      // A stream that was silent at the break goes over with its next packet.
      this.#shifts.push({ stream, packet: jump?.packet ?? clock.packets, seconds: this.#shift });
      clock.end = jump?.end ?? Number.NEGATIVE_INFINITY;
      clock.due = jump === undefined ? null : clock.due;
      clock.goneOn = 0;
    }
    this.#pending = null;
  }
}

const isBreak = (late: number, step: number): boolean =>
  late > LONGEST_HOLE_SECONDS || late < -(LEAST_STEP_BACK_SECONDS + step);
