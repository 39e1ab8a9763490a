/** Reads ffmpeg's `-progress pipe:1` lines: `key=value`, and `progress=` at the end of a block. */

export type Progress = {
  /** Frames encoded by the first video output; 0 for audio. */
  frames: number;
  /** End of what is muxed, on the output's timeline. */
  outSeconds: number;
};

/** Calls `onProgress` once per block. Skips lines that it does not know, because ffmpeg adds keys between versions. */
export function createProgressReader(onProgress: (progress: Progress) => void) {
  let latest: Progress = { frames: 0, outSeconds: 0 };
  return {
    readLine(line: string): void {
      const [, key, value] = /^(frame|out_time_us|progress)=\s*(-?\w+)$/.exec(line.trim()) ?? [];
      const number = Number(value);
      if (key === 'progress') {
        onProgress(latest);
      } else if (Number.isSafeInteger(number)) {
        latest = key === 'frame' ? { ...latest, frames: number } : { ...latest, outSeconds: number / 1e6 };
      }
    },
    latest: () => latest,
  };
}
