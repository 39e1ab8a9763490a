/** Decoded sound → sound in its place: takes copied or resampled, faded, with silence between them. */
import type { DecodedSound } from './decoded-sound.ts';
import { createKernel, REACH, resampleAt } from './resample.ts';
import type { Take } from './takes.ts';

/** Of output at a time: a small part of DecodedSound's window, also where drift makes more samples of it. */
const BLOCK_SAMPLES = 4096;

const SILENCE = new Float32Array(2 * BLOCK_SAMPLES);

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
    const out = new Float32Array(2 * (to - from));
    for (let index = 0; index < to - from; index++) {
      resampleAt(kernel, source, place + (from + index - at) * step - first, out, index);
    }
    return out;
  };
}

const faded = (block: Float32Array, isIn: boolean): Float32Array => {
  const length = block.length / 2;
  return block.map((value, index) => {
    const share = (Math.floor(index / 2) + 0.5) / length;
    return value * (isIn ? share : 1 - share);
  });
};

const bytesOf = (block: Float32Array): Uint8Array =>
  Uint8Array.from(new Uint8Array(block.buffer, block.byteOffset, block.byteLength));

/** Exactly `count` samples, as bytes. Reads `sound` to its end. */
export async function* placeSound(
  sound: DecodedSound,
  takes: readonly Take[],
  count: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  /** The faded end of the take before, to which the beginning of the next may be added. */
  let held: Float32Array = SILENCE.subarray(0, 0);
  const put = (block: Float32Array): Uint8Array => {
    at += block.length / 2;
    return bytesOf(block);
  };
  for (const take of takes) {
    const render = renderOf(take, sound);
    if (take.from > at) {
      yield put(held);
      yield* silence(take.from - at);
      at = take.from;
      held = SILENCE.subarray(0, 0);
    }
    const head = faded(await render(take.from, take.from + take.fadeIn), true);
    yield put(head.map((value, index) => value + (held[index] ?? 0)));
    const tailFrom = take.to - take.fadeOut;
    while (at < tailFrom) {
      yield put(await render(at, Math.min(tailFrom, at + BLOCK_SAMPLES)));
    }
    held = faded(await render(tailFrom, take.to), false);
  }
  yield put(held);
  yield* silence(count - at);
  await sound.finish();
}

function* silence(samples: number): Generator<Uint8Array> {
  for (let left = samples; left > 0; left -= BLOCK_SAMPLES) {
    yield bytesOf(SILENCE.subarray(0, 2 * Math.min(left, BLOCK_SAMPLES)));
  }
}
