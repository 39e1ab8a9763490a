/** Thirteen standard files, real and made: each plays from the upload with every sample once, in order, at its time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { expectWholeSource } from '../system/expect-source.ts';
import { clipPath } from '../system/films.ts';
import { type HeldSystem, holdSystem } from '../system/held-system.ts';
import { makeStandardFilm, STANDARD_KINDS, type StandardKind } from '../system/standard-films.ts';

const CLIPS = ['sintel_trailer_720p24_52s.mp4', 'wave_tos_1080p2997_8s.mp4', 'wave_croatia_1080p25_8s.mp4'] as const;

let folder: string;
let held: HeldSystem;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-source-'));
  held = await holdSystem({ encoders: 0, vars: { EDGE_STATE_SECONDS: '0' } });
});

afterAll(async () => {
  await held?.release();
  await rm(folder, { recursive: true, force: true });
});

test.each(Object.keys(STANDARD_KINDS) as StandardKind[])('%s', async (name) => {
  await expectWholeSource(held.system, await makeStandardFilm(folder, name));
});

describe.each(CLIPS)('%s', (name) => {
  const clip = clipPath(name);
  test.skipIf(clip === null)(clip === null ? 'is not on this machine' : 'plays whole', async () => {
    await expectWholeSource(held.system, clip ?? '');
  });
});
