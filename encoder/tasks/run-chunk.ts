/** Encodes a chunk of the film into every rendition. */
import { TaskFailure } from '../failure/task-failure.ts';
import { encodeChunk } from '../media/encode-chunk.ts';
import type { VideoEncoder } from '../media/video-encoder.ts';
import { encodeTracks } from './encode-tracks.ts';
import type { Runner } from './runner.ts';

/**
 * Hardware has parameter sets of its own. Where a track was begun by x264 its chunks must go on so: the init segment in
 * the bucket says, and is written before any segment.
 */
export async function encodeLikeTheOthers<T>(
  videoEncoder: VideoEncoder,
  encodeWith: (videoEncoder: VideoEncoder) => Promise<T>,
): Promise<T> {
  try {
    return await encodeWith(videoEncoder);
  } catch (error) {
    if (videoEncoder === 'x264' || !(error instanceof TaskFailure) || error.code !== 'init_mismatch') {
      throw error;
    }
    return await encodeWith('x264');
  }
}

export const runChunk: Runner<'chunk'> = async ({ source, video, chunk }, work) => {
  const { budget, videoEncoder: preferred } = work.tools;
  const { useCpu, signal } = work.site;
  return await encodeLikeTheOthers(preferred, (videoEncoder) =>
    encodeTracks(source.key, work, (sourcePath, workDirectory, onProgress) =>
      encodeChunk({
        ...{ sourcePath, video, chunk, workDirectory },
        ...{ budget, videoEncoder, useCpu, signal, onProgress },
      }),
    ),
  );
};
