/** Reads ffmpeg's `-progress pipe:1` lines (`key=value`, a block ends with `progress=`). Pure but for its own counters. */

export type Progress = {
  /** Frames encoded by the first video output; 0 for audio. */
  frames: number;
  /** End of what is muxed, on the output's timeline. */
  outSeconds: number;
};

export type ProgressReader = { readLine: (line: string) => void; latest: () => Progress };

/** Calls `onProgress` once per block. Lines that are not understood are skipped: ffmpeg adds keys between versions. */
export function createProgressReader(onProgress?: (progress: Progress) => void): ProgressReader {
  let current: Progress = { frames: 0, outSeconds: 0 };
  return {
    readLine(line) {
      const match = /^(frame|out_time_us|progress)=\s*(-?\w+)$/.exec(line.trim());
      const [, key, value] = match ?? [];
      if (key === 'progress') {
        onProgress?.(current);
        return;
      }
      const number = Number(value);
      if (key === undefined || !Number.isSafeInteger(number)) {
        return;
      }
      current = key === 'frame' ? { ...current, frames: number } : { ...current, outSeconds: number / 1e6 };
    },
    latest: () => current,
  };
}
