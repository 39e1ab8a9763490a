/** Does one leased task, by kind: source to disk, media work in a folder of its own, objects to the bucket, report back. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioInput, ChunkInput, InspectInput, Lease } from '../../src/contract/tasks.ts';
import type { RunTask } from '../lease-loop.ts';
import { encodeAudio } from '../media/encode-audio.ts';
import { encodeChunk } from '../media/encode-chunk.ts';
import { probeSource } from '../media/probe.ts';
import type { PackagedOutput } from '../media/segments.ts';
import type { SourceCache } from '../source-cache.ts';
import type { ObjectStore } from '../store.ts';
import { uploadTracks } from './upload.ts';

export type TaskTools = { store: ObjectStore; sources: SourceCache; workFolder: string; deadlineMs: number };

/** The share of a task's time that encoding takes; the rest is upload. */
const ENCODE_SHARE = 0.95;

type Work = {
  tools: TaskTools;
  attempt: string;
  progress: (share: number) => void;
  signal: AbortSignal;
};

async function inspect(input: InspectInput, { tools, signal }: Work): Promise<unknown> {
  return await tools.sources.with(input.source.key, signal, async (path) => await probeSource(path, { signal }));
}

/** The folder is the task's own and goes away with it, however it ends. */
async function inFolder<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'task-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function encode(
  input: ChunkInput | AudioInput,
  work: Work,
  produce: (sourcePath: string, folder: string) => Promise<PackagedOutput[]>,
): Promise<unknown> {
  const { tools, attempt, progress, signal } = work;
  return await tools.sources.with(input.source.key, signal, (sourcePath) =>
    inFolder(tools.workFolder, async (folder) => {
      const outputs = await produce(sourcePath, folder);
      const ref = { assetId: input.assetId, version: input.version };
      const onProgress = (share: number): void => progress(ENCODE_SHARE + (1 - ENCODE_SHARE) * share);
      await uploadTracks(tools.store, { ref, attempt, outputs }, onProgress, signal);
      return { tracks: outputs.map(({ report }) => report) };
    }),
  );
}

function encodeChunkTask(input: ChunkInput, work: Work): Promise<unknown> {
  return encode(input, work, async (sourcePath, workDirectory) =>
    encodeChunk({
      sourcePath,
      video: input.video,
      chunk: input.chunk,
      workDirectory,
      deadlineMs: work.tools.deadlineMs,
      signal: work.signal,
      onProgress: (share) => work.progress(share * ENCODE_SHARE),
    }),
  );
}

function encodeAudioTask(input: AudioInput, work: Work): Promise<unknown> {
  return encode(input, work, async (sourcePath, workDirectory) => [
    await encodeAudio({
      sourcePath,
      audio: input.audio,
      originSeconds: input.originSeconds,
      workDirectory,
      deadlineMs: work.tools.deadlineMs,
      signal: work.signal,
      onProgress: (share) => work.progress(share * ENCODE_SHARE),
    }),
  ]);
}

export const createTaskRunner =
  (tools: TaskTools): RunTask =>
  async (lease: Lease, progress, signal) => {
    const { input, attempt } = lease.task;
    const work: Work = { tools, attempt, progress, signal };
    switch (input.kind) {
      case 'inspect':
        return await inspect(input, work);
      case 'chunk':
        return await encodeChunkTask(input, work);
      case 'audio':
        return await encodeAudioTask(input, work);
    }
  };
