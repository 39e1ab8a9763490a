/** Sound that is encoded in parts beside the same in one piece: packets, and what is lost at the joints and elsewhere. */
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Encoded } from '../../encoder/media/encode-options.ts';
import { encodeAudio } from '../../encoder/sound/encode-sound.ts';
import { audioCodecRow } from '../../src/media/codecs/codecs.ts';
import type { AudioPlan, Chunk } from '../../src/protocol/plan-schema.ts';
import { sum } from '../numbers.ts';
import { endedChildrenCpuSeconds } from '../process-cpu.ts';
import { BUDGET, joinSegments } from './encode-film.ts';

/** Cut where segments end: on the access unit at or after a multiple of their length. */
export function partsOf({ codec, frameCount, sampleRate, segmentSeconds }: AudioPlan, parts: number): Chunk[] {
  const segmentFrames = (segmentSeconds * sampleRate) / audioCodecRow(codec).frameSamples;
  const segments = Math.ceil(frameCount / segmentFrames);
  const numbers = Array.from({ length: parts + 1 }, (_, index) => Math.floor((index * segments) / parts));
  const frames = numbers.map((number) => Math.min(frameCount, Math.ceil(number * segmentFrames)));
  return Array.from({ length: parts }, (_, index) => {
    const firstFrame = frames[index] ?? 0;
    const end = frames[index + 1] ?? frameCount;
    return { index, firstFrame, frameCount: end - firstFrame, firstNumber: (numbers[index] ?? 0) + 1 };
  });
}

const ffmpegOut = (...args: string[]): Buffer =>
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args], { maxBuffer: 1024 ** 3 });

/** All channels of the sound of a file, interleaved. */
export function samplesOf(path: string, ...filters: string[]): Float32Array {
  const raw = ffmpegOut('-i', path, '-vn', ...filters, '-f', 'f32le', '-');
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
}

const packetsOf = (path: string): string[] =>
  ffmpegOut('-i', path, '-c', 'copy', '-f', 'framehash', '-')
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('0,'))
    .map((line) => line.split(',').slice(1).join().trim());

/** Of each access unit: the energy of what is lost, in dB of the film's energy around it. */
function lossesOf(sound: Float32Array, source: Float32Array, unit: number): number[] {
  return Array.from({ length: Math.floor(sound.length / unit) }, (_, index) => {
    let [lost, energy] = [0, 0];
    for (let at = index * unit; at < (index + 1) * unit; at++) {
      lost += ((sound[at] ?? 0) - (source[at] ?? 0)) ** 2;
      energy += (source[at] ?? 0) ** 2;
    }
    // Silence has no noise to measure it by: 96 dB below full scale is added.
    const floor = unit * 10 ** -9.6;
    return 10 * Math.log10((lost + floor) / (energy + floor));
  });
}

/** dB. */
export type Spread = { mean: number; p95: number; worst: number };

export type Joints = {
  packets: { whole: number; parts: number; equal: number };
  /** Losses of the access units from one before each joint to one second behind it, and of the same of the whole encode. */
  atJoints: { parts: Spread; whole: Spread };
  /** Losses of the access unit with the joint in it and of those beside it. */
  nearest: { parts: Spread; whole: Spread };
  /** Losses of all access units of the whole encode, without the first second and the last. */
  elsewhere: Spread;
  cpuSeconds: { whole: number; parts: number };
  paths: { whole: string; parts: string };
};

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { mean: sum(values) / values.length, p95: at(0.95), worst: at(1) };
}

async function timed(encode: () => Promise<Encoded[]>, path: string): Promise<number> {
  const before = endedChildrenCpuSeconds();
  const encoded = await encode();
  const spent = endedChildrenCpuSeconds() - before;
  await joinSegments(
    encoded.flatMap(({ outputs }) => outputs),
    path,
  );
  return spent;
}

/** `source`: the film's sound as the encoder decodes it, with its first sample at the film's start. */
export async function measureJoints(
  sourcePath: string,
  source: Float32Array,
  audio: AudioPlan,
  chunks: readonly Chunk[],
  directory: string,
): Promise<Joints> {
  const encode = async (name: string, chunk?: Chunk): Promise<Encoded> => {
    const workDirectory = join(directory, name);
    await mkdir(workDirectory);
    return await encodeAudio({ sourcePath, audio, originSeconds: 0, chunk, workDirectory, budget: BUDGET });
  };
  const paths = { whole: join(directory, 'whole.mp4'), parts: join(directory, 'parts.mp4') };
  const whole = await timed(async () => [await encode('whole')], paths.whole);
  const parts = await timed(async () => {
    const encoded: Encoded[] = [];
    for (const chunk of chunks) {
      encoded.push(await encode(`part-${chunk.index}`, chunk));
    }
    return encoded;
  }, paths.parts);
  const unit = audio.channels * audioCodecRow(audio.codec).frameSamples;
  const [wholeLosses, partLosses] = [paths.whole, paths.parts].map((path) =>
    lossesOf(samplesOf(path), source, unit),
  ) as [number[], number[]];
  const [wholePackets, partPackets] = [packetsOf(paths.whole), packetsOf(paths.parts)];
  const second = Math.ceil(audio.sampleRate / audioCodecRow(audio.codec).frameSamples);
  const around = (losses: readonly number[], after: number): Spread =>
    spreadOf(chunks.slice(1).flatMap(({ firstFrame }) => losses.slice(firstFrame - 1, firstFrame + after)));
  const beside = (after: number) => ({ parts: around(partLosses, after), whole: around(wholeLosses, after) });
  return {
    packets: {
      whole: wholePackets.length,
      parts: partPackets.length,
      equal: partPackets.filter((packet, index) => packet === wholePackets[index]).length,
    },
    nearest: beside(2),
    atJoints: beside(second),
    elsewhere: spreadOf(wholeLosses.slice(second, -second)),
    cpuSeconds: { whole, parts },
    paths,
  };
}
