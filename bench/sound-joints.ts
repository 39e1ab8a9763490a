/**
 * `npm run bench -- sound-joints [FILE…]`: sound encoded in parts and joined, beside the same in one piece: packets, what is
 * lost at the joints and elsewhere, CPU. The files' first sound must begin at time 0. Without files: test signals and the
 * sample's sound. PARTS (default 4), KEEP (a folder for the encoded files).
 */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SAMPLE } from '../scripts/system.ts';
import type { AudioChannels } from '../src/media/codecs/codec.ts';
import { audioCodecRow } from '../src/media/codecs/codecs.ts';
import { AUDIO_SAMPLE_RATE, type AudioPlan } from '../src/protocol/plan-schema.ts';
import { measureJoints, partsOf, type Spread, samplesOf } from './frames/joints.ts';
import { numberOf } from './numbers.ts';
import { printTable } from './table.ts';

const parts = numberOf('PARTS', 4);

/** Tones, for which the encoder is slow to settle; noise; and both with swells, pauses and knocks, as films have. */
const SIGNALS: Readonly<Record<string, string>> = {
  tones: "aevalsrc='0.2*sin(2*PI*220*t)+0.2*sin(2*PI*997*t)+0.1*sin(2*PI*5333*t)':s=48000:d=60",
  noise: 'anoisesrc=d=60:r=48000:a=0.3:seed=1',
  swells:
    "aevalsrc='(0.6+0.4*sin(0.9*t))*gt(mod(t,7),1)*(0.2*sin(2*PI*(220+40*sin(t))*t)+0.1*sin(2*PI*1750*t)+0.1*(random(0)-0.5))+0.5*exp(-30*mod(t,0.7))*(random(1)-0.5)':s=48000:d=60",
};

const probe = (path: string, entry: string): number =>
  Number(
    execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'a:0', '-show_entries', entry, '-of', 'csv=p=0', path])
      .toString()
      .split('\n')[0],
  );

function planOf(path: string, channels: AudioChannels, seconds: number): AudioPlan {
  const { frameSamples, bitratesKbps } = audioCodecRow();
  return {
    ...{ track: 'a1', language: 'und', sampleRate: AUDIO_SAMPLE_RATE, segmentSeconds: 4, channels },
    streamIndex: probe(path, 'stream=index'),
    bitrateKbps: bitratesKbps[channels] ?? 128,
    frameCount: Math.ceil((seconds * AUDIO_SAMPLE_RATE) / frameSamples),
  };
}

const decibels = ({ mean, p95, worst }: Spread): string =>
  [mean, p95, worst].map((value) => value.toFixed(1)).join(' / ');
const rows: string[][] = [];

async function measure(name: string, path: string, channels: AudioChannels, directory: string): Promise<void> {
  const seconds = probe(path, 'format=duration');
  const layout = channels === 6 ? '5.1' : 'stereo';
  const format = `aresample=48000,aformat=sample_fmts=flt:channel_layouts=${layout},aresample=async=1:first_pts=0`;
  const source = samplesOf(path, '-map', '0:a:0', '-af', format);
  const audio = planOf(path, channels, seconds);
  const measured = await measureJoints(path, source, audio, partsOf(audio, parts), directory);
  const { packets, nearest, atJoints, elsewhere, cpuSeconds } = measured;
  rows.push([
    `${name}, ${layout}`,
    `${packets.parts} of ${packets.whole}`,
    `${decibels(nearest.parts)} (${decibels(nearest.whole)})`,
    `${decibels(atJoints.parts)} (${decibels(atJoints.whole)})`,
    decibels(elsewhere),
    `${((100 * cpuSeconds.parts) / cpuSeconds.whole).toFixed(0)} %`,
  ]);
  if (packets.parts !== packets.whole) {
    process.exitCode = 1;
  }
}

const folder = await mkdtemp(join(tmpdir(), 'sluice-joints-'));
try {
  const kept = process.env['KEEP'] ?? folder;
  const files = process.argv.slice(2).map((path) => [basename(path), path] as const);
  const signals = Object.entries(SIGNALS).map(([name, graph]) => {
    const path = join(folder, `${name}.mkv`);
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', graph, '-ac', '2', '-c:a', 'pcm_s16le', path]);
    return [name, path] as const;
  });
  const sources = files.length > 0 ? files : [...signals, ['sample', SAMPLE] as const];
  for (const [index, [name, path]] of sources.entries()) {
    for (const channels of probe(path, 'stream=channels') > 2 ? ([2, 6] as const) : ([2] as const)) {
      const directory = join(kept, `${index}-${channels}`);
      await mkdir(directory, { recursive: true });
      await measure(name, path, channels, directory);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(
  'Losses in dB of the sound, mean / 95 % / worst of access units; in brackets those of the whole encode there.',
);
printTable(['sound', 'packets', 'at joints', 'the second behind', 'all of the whole', 'CPU'], rows);
