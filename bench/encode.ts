/**
 * `npm run bench -- encode [FILE…]`: encodes the full ladder through the whole system (one encoder, from the upload to
 * `ready`, including packaging, R2 and the publish check), with one plain ffmpeg command that makes the same renditions
 * with the same settings, and with one command per rendition. Then it compares the quality with the source. Exits with
 * 1 if a bound (encode-bounds.ts) is broken. X264_PRESET sets the preset (default medium), ROUNDS how often the three
 * are run. TIMELINE=1 shows what happened when, and how idle the cores were.
 */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { SAMPLE } from '../scripts/system.ts';
import { X264_PRESETS } from '../src/media/codecs/presets.ts';
import { planEncode } from '../src/protocol/plan.ts';
import type { EncodePlan } from '../src/protocol/plan-schema.ts';
import { holdBound } from './bounds.ts';
import { brokenBounds, differencesOf, total } from './encode-bounds.ts';
import { probeSource } from './frames/inspect-local.ts';
import { type Measured, measureFfmpeg } from './measure-command.ts';
import { numberOf, sum } from './numbers.ts';
import { loopCommands, singleCommand } from './plain-ffmpeg.ts';
import { measureQuality, type Quality } from './quality.ts';
import { printTable } from './table.ts';
import { encodeThroughSluice, type ThroughSluice } from './through-sluice.ts';

const preset = X264_PRESETS.find((name) => name === (process.env['X264_PRESET'] ?? 'medium')) ?? 'medium';
const rounds = Math.max(1, numberOf('ROUNDS', 1));
const wantsTimeline = process.env['TIMELINE'] === '1';

const number = (value: number, digits: number): string => value.toFixed(digits);

function printRuns(ours: Measured, workerCpuSeconds: number, single: Measured, loop: Measured): void {
  const row = (name: string, run: Measured, worker = ''): string[] => [
    ...[name, number(run.wallSeconds, 2), number(run.cpuSeconds, 2), worker],
    ...[number(run.bytes / 1e6, 3), `${number(run.idle * 100, 1)} %`],
  ];
  const ratio = (name: string, { wallSeconds, cpuSeconds, bytes }: Measured): string[] => [
    ...[name, number(ours.wallSeconds / wallSeconds, 3), number(ours.cpuSeconds / cpuSeconds, 3), ''],
    ...[number(ours.bytes / bytes, 4), ''],
  ];
  printTable(
    ['', 'wall s', 'CPU s', "Worker's CPU s", 'MB', 'cores idle'],
    [
      row('Sluice, one encoder', ours, number(workerCpuSeconds, 2)),
      row('one ffmpeg command', single),
      row('one command per rendition', loop),
      ratio('ratio to one command', single),
      ratio('ratio to the loop', loop),
    ],
  );
  console.log(
    "CPU is that of the encoder and its programs, for video and sound. The ratios leave out the Worker's CPU, but its wall time counts.",
  );
}

function printQuality(tracks: readonly string[], ours: readonly Quality[], plain: readonly Quality[]): void {
  const rows = differencesOf(tracks, ours, plain).map(({ track, mean, worst }, at) => [
    ...[track, number(ours[at]?.mean ?? 0, 5), number(plain[at]?.mean ?? 0, 5), number(mean, 5)],
    ...[number(ours[at]?.worst ?? 0, 5), number(plain[at]?.worst ?? 0, 5), number(worst, 5)],
  ]);
  printTable(['SSIM', 'mean', 'ffmpeg', 'difference', 'worst frame', 'ffmpeg', 'difference'], rows);
}

/** Measures one file. Returns the broken bounds. */
async function benchFile(path: string, plan: EncodePlan, directory: string): Promise<string[]> {
  const folder = (name: string): string => {
    const made = join(directory, name);
    rmSync(made, { recursive: true, force: true });
    mkdirSync(made);
    return made;
  };
  const runs: { ours: ThroughSluice; single: Measured; loop: Measured }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const ours = await encodeThroughSluice(path, preset, folder('ours'), wantsTimeline);
    const [single, loop] = [folder('single'), folder('loop')];
    runs.push({
      ours,
      single: measureFfmpeg([singleCommand(path, plan, single)], single),
      loop: measureFfmpeg(loopCommands(path, plan, loop), loop),
    });
  }
  const ours = total(runs.map((run) => run.ours));
  const [single, loop] = [total(runs.map((run) => run.single)), total(runs.map((run) => run.loop))];
  const workerCpuSeconds = sum(runs.map((run) => run.ours.workerCpuSeconds));
  printRuns(ours, workerCpuSeconds, single, loop);
  console.log('measuring the quality');
  const tracks = plan.video.renditions.map(({ track }) => track);
  const folders = [join(directory, 'ours'), join(directory, 'single')];
  const [oursQuality = [], plainQuality = []] = measureQuality(path, plan.video, folders, directory);
  printQuality(tracks, oursQuality, plainQuality);
  return brokenBounds({ ours, single, loop }, differencesOf(tracks, oursQuality, plainQuality));
}

const paths = process.argv.length > 2 ? process.argv.slice(2) : [SAMPLE];
for (const path of paths.map((given) => resolve(given))) {
  const facts = await probeSource(path);
  const plan = planEncode(facts, { preset });
  const { renditions, frameCount } = plan.video;
  const picture = `${facts.video.displayWidth}x${facts.video.displayHeight}, ${frameCount} frames`;
  const roundsText = rounds === 1 ? '' : `, ${rounds} rounds`;
  console.log(
    `\n${basename(path)}: ${picture}, ${renditions.length} renditions, preset ${preset}, ${plan.chunks.length} chunks${roundsText}`,
  );
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    const broken = await benchFile(path, plan, directory);
    for (const line of broken) {
      holdBound(false, line);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
