/** Reads a file as the look does: its index, then the first key sample. */
import { open } from 'node:fs/promises';
import { findMovie } from '../../../src/media/source/find-movie.ts';
import { checkKeySample, KEY_SAMPLE_BYTES, keySampleRule } from '../../../src/media/source/key-samples.ts';
import { NotStandard, type NotStandardCode } from '../../../src/media/source/not-standard.ts';
import { readStandardSource } from '../../../src/media/source/read-movie.ts';
import type { StandardSource } from '../../../src/media/source/standard-source.ts';

export type FileRead = { source: StandardSource; keySample: NotStandardCode | null; reads: number };

/** Throws NotStandard. */
export async function readFile(path: string): Promise<FileRead> {
  const file = await open(path);
  let reads = 0;
  const read = async (position: number, length: number): Promise<Uint8Array> => {
    reads++;
    const { bytesRead, buffer } = await file.read(new Uint8Array(length), { position });
    return buffer.subarray(0, bytesRead);
  };
  try {
    const { size } = await file.stat();
    const source = readStandardSource(await findMovie(read, size), size);
    const rule = keySampleRule(source.video.configuration);
    let keySample: NotStandardCode | null = null;
    for (const { offset, length } of source.keySamples) {
      keySample ??= checkKeySample(rule, await read(offset, Math.min(length, KEY_SAMPLE_BYTES)));
    }
    return { source, keySample, reads };
  } finally {
    await file.close();
  }
}

/** The reason, or `standard`. */
export async function verdictOf(path: string): Promise<NotStandardCode | 'standard'> {
  try {
    return (await readFile(path)).keySample ?? 'standard';
  } catch (error) {
    if (error instanceof NotStandard) {
      return error.code;
    }
    throw error;
  }
}
