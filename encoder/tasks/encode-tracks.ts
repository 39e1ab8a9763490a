/** What tasks that encode have in common: source to disk, media work in a folder of its own, objects to the bucket. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EncodeResult, SEGMENT_LAYOUT } from '../../src/protocol/encode-result.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { Work } from './runner.ts';
import { uploadTracks } from './upload.ts';

/** The share of a task's time that encoding takes; the rest is upload. */
const ENCODE_SHARE = 0.95;

/** The folder is the task's own and goes away with it, however it ends. */
async function inFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'task-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `encode` tells `onProgress` the share encoded, 0–1. */
export async function encodeTracks(
  sourceKey: string,
  { tools, access, site: { progress, signal } }: Work,
  encode: (sourcePath: string, folder: string, onProgress: (share: number) => void) => Promise<PackagedOutput[]>,
): Promise<EncodeResult> {
  return await tools.sources.with(sourceKey, access, signal, (sourcePath) =>
    inFolder(tools.workFolder, async (folder) => {
      const outputs = await encode(sourcePath, folder, (share) => progress(ENCODE_SHARE * share));
      const onUploaded = (share: number): void => progress(ENCODE_SHARE + (1 - ENCODE_SHARE) * share);
      await uploadTracks(tools.store, access, outputs, onUploaded, signal);
      return { tracks: outputs.map(({ report }) => report), layout: SEGMENT_LAYOUT };
    }),
  );
}
