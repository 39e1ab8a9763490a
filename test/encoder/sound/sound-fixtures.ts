/** Sources whose sound is not where its samples are, and what the encoder makes of them. */
import { join } from 'node:path';
import { findDelay, WINDOW_SAMPLES } from '../../../bench/frames/chirp.ts';
import type { Encoded } from '../../../encoder/media/encode-options.ts';
import { encodeAudio } from '../../../encoder/sound/encode-sound.ts';
import { audioCodecRow } from '../../../src/media/codecs/codecs.ts';
import type { AudioPlan } from '../../../src/protocol/plan-schema.ts';
import { BUDGET, ffmpeg, joinSegments } from '../media/media-fixtures.ts';

const RATE = 48_000;

/** A mono WAV of a function of seconds. */
export function wavOf(seconds: number, at: (seconds: number) => number, rate = RATE): Buffer {
  const count = Math.round(seconds * rate);
  const wav = Buffer.alloc(44 + 2 * count);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * count, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * count, 40);
  for (let index = 0; index < count; index++) {
    wav.writeInt16LE(Math.round(32_767 * at(index / rate)), 44 + 2 * index);
  }
  return wav;
}

export const planOf = (seconds: number, more: Partial<AudioPlan> = {}): AudioPlan => ({
  track: 'a1',
  streamIndex: 0,
  language: 'und',
  bitrateKbps: 192,
  channels: 2,
  sampleRate: RATE,
  frameCount: Math.ceil((seconds * RATE) / audioCodecRow(more.codec).frameSamples),
  segmentSeconds: 4,
  ...more,
});

export type EncodedSound = { path: string; sound: Float32Array } & Encoded;

/** The left channel of the encoded sound, at 48 kHz. */
export async function encode(
  sourcePath: string,
  directory: string,
  seconds: number,
  originSeconds = 0,
  more: Partial<AudioPlan> = {},
): Promise<EncodedSound> {
  const encoded = await encodeAudio({
    ...{ sourcePath, workDirectory: directory, budget: BUDGET, originSeconds },
    audio: planOf(seconds, more),
  });
  const path = await joinSegments(encoded.outputs, join(directory, 'joined.mp4'));
  return { path, sound: decode(path), ...encoded };
}

/** The amplitude of a tone in one channel of a file, from half a second to one and a half. */
export function toneIn(path: string, channel: number, hertz: number): number {
  const raw = ffmpeg('-ss', '0.5', '-t', '1', '-i', path, '-vn', '-af', `pan=mono|c0=c${channel}`, '-f', 'f32le', '-');
  const samples = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
  let [cosine, sine] = [0, 0];
  samples.forEach((value, index) => {
    cosine += value * Math.cos((2 * Math.PI * hertz * index) / RATE);
    sine += value * Math.sin((2 * Math.PI * hertz * index) / RATE);
  });
  return (2 * Math.hypot(cosine, sine)) / samples.length;
}

function decode(path: string): Float32Array {
  const raw = ffmpeg('-i', path, '-vn', '-af', 'pan=mono|c0=c0', '-f', 'f32le', '-');
  return Float32Array.from({ length: raw.length / 4 }, (_, sample) => raw.readFloatLE(sample * 4));
}

/** Seconds that the chirp is late at `at`, where `chirpTime` should be heard. NaN where there is no chirp. */
export function lateness(sound: Float32Array, at: number, chirpTime: (seconds: number) => number = (s) => s): number {
  const late = findDelay(sound, Math.round(at * RATE), (sample) => chirpTime(sample / RATE));
  return late === null ? Number.NaN : late / RATE;
}

export const WINDOW_SECONDS = WINDOW_SAMPLES / RATE;
