/** Decoded sound → sound in its place: takes copied or resampled, faded, with silence between them. */
import type { DecodedSound } from './decoded-sound.ts';
import { createKernel, REACH, resampleAt } from './resample.ts';
import type { Take } from './takes.ts';

/** Of output at a time: a small part of DecodedSound's window, also where drift makes more samples of it. */
const BLOCK_SAMPLES = 4096;

type Render = (from: number, to: number) => Promise<Float32Array>;

function renderOf({ piece }: Take, sound: DecodedSound): Render {
  const { place, end, at, atEnd } = piece;
  const step = (end - place) / (atEnd - at);
  if (step === 1) {
    return (from, to) => sound.read(from - at + place, to - at + place);
  }
  const kernel = createKernel(step);
  return async (from, to) => {
    const first = Math.floor(place + (from - at) * step) - REACH;
    const last = Math.ceil(place + (to - at) * step) + REACH + 1;
    const source = await sound.read(first, last);
    const out = new Float32Array(sound.channels * (to - from));
    for (let index = 0; index < to - from; index++) {
      resampleAt(kernel, source, sound.channels, place + (from + index - at) * step - first, out, index);
    }
    return out;
  };
}

const faded = (block: Float32Array, channels: number, isIn: boolean): Float32Array => {
  const length = block.length / channels;
  return block.map((value, index) => {
    const share = (Math.floor(index / channels) + 0.5) / length;
    return value * (isIn ? share : 1 - share);
  });
};

const bytesOf = (block: Float32Array): Uint8Array =>
  Uint8Array.from(new Uint8Array(block.buffer, block.byteOffset, block.byteLength));

/** Exactly `count` samples, as bytes. */
export async function* placeSound(
  sound: DecodedSound,
  takes: readonly Take[],
  count: number,
): AsyncGenerator<Uint8Array> {
  const { channels } = sound;
  const silence = new Float32Array(channels * BLOCK_SAMPLES);
  let at = 0;
  /** The faded end of the take before, to which the beginning of the next may be added. */
  let held: Float32Array = silence.subarray(0, 0);
  function* silent(samples: number): Generator<Uint8Array> {
    for (let left = samples; left > 0; left -= BLOCK_SAMPLES) {
      yield bytesOf(silence.subarray(0, channels * Math.min(left, BLOCK_SAMPLES)));
    }
  }
  const put = (block: Float32Array): Uint8Array => {
    at += block.length / channels;
    return bytesOf(block);
  };
  for (const take of takes) {
    const render = renderOf(take, sound);
    if (take.from > at) {
      yield put(held);
      yield* silent(take.from - at);
      at = take.from;
      held = silence.subarray(0, 0);
    }
    const head = faded(await render(take.from, take.from + take.fadeIn), channels, true);
    yield put(head.map((value, index) => value + (held[index] ?? 0)));
    const tailFrom = take.to - take.fadeOut;
    while (at < tailFrom) {
      yield put(await render(at, Math.min(tailFrom, at + BLOCK_SAMPLES)));
    }
    held = faded(await render(tailFrom, take.to), channels, false);
  }
  yield put(held);
  yield* silent(count - at);
}

/** How many decoded samples the output before `to` needs. */
export const placesFor = (takes: readonly Take[], to: number): number =>
  takes.reduce((most, { piece: { place, end, at, atEnd }, from, to: takeEnd }) => {
    const last = place + ((Math.min(to, takeEnd) - at) * (end - place)) / (atEnd - at);
    return from < to ? Math.max(most, Math.ceil(last) + REACH + 1) : most;
  }, 0);

/** Samples `from` … `to` of `blocks`, and nothing behind them is asked for. */
export async function* windowOf(
  blocks: AsyncIterable<Uint8Array>,
  { from, to }: { from: number; to: number },
  channels: number,
): AsyncGenerator<Uint8Array> {
  const sampleBytes = channels * Float32Array.BYTES_PER_ELEMENT;
  let at = 0;
  for await (const block of blocks) {
    const part = block.subarray(Math.max(0, from * sampleBytes - at), Math.max(0, to * sampleBytes - at));
    at += block.length;
    if (part.length > 0) {
      yield part;
    }
    if (at >= to * sampleBytes) {
      return;
    }
  }
}
