/** Encodes one audio rendition, whole. */
import { encodeAudio } from '../media/encode-audio.ts';
import { encodeTracks } from './encode-tracks.ts';
import type { Runner } from './runner.ts';

export const runAudio: Runner<'audio'> = async ({ source, audio, originSeconds }, work) =>
  await encodeTracks(source.key, work, async (sourcePath, workDirectory, onProgress) => {
    const { useCpu, signal } = work.site;
    const { budget } = work.tools;
    return [await encodeAudio({ sourcePath, audio, originSeconds, workDirectory, budget, useCpu, signal, onProgress })];
  });
