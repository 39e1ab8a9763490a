/** One walk over the samples of a track: are its times and key frames such that segments can be cut at key frames? Pure. */
import { damaged } from './movie-boxes.ts';
import { NotStandard } from './not-standard.ts';
import type { SampleCursor, Slice } from './standard-source.ts';

/** x264's default is 250 frames, 10.4 s at 24 fps. */
const MAX_KEY_FRAME_SECONDS = 12;
/** A picture buffer has 16 frames at most (ISO/IEC 14496-10 A.3.1), so no more are decoded before one that is shown earlier. */
const MAX_REORDERED = 16;
/**
 * From key frame to key frame, presentation times may drift that far from decode times: manifests have lengths of segments
 * as decode times give them.
 */
const MAX_DRIFT_SECONDS = 0.5;
/** AAC packets of 2,048 samples at 8 kHz. A longer one has a hole behind it. */
const MAX_SOUND_SAMPLE_SECONDS = 0.26;
/**
 * Players put packets end to end and ignore their times in the file. They show the picture by the clock of the sound.
 * Viewers notice sound that is 45 ms early or 125 ms late (ITU-R BT.1359).
 */
const MAX_SOUND_DRIFT_SECONDS = 0.1;

export type Walked = {
  durationTicks: number;
  /** Of all samples. */
  bytes: number;
};

/** Presentation times. `endTicks`: the last frame shown ends, which differs from the sum of durations where frame rates vary. */
export type WalkedPicture = Walked & {
  firstTicks: number;
  lastTicks: number;
  endTicks: number;
  /** The first and the last one. */
  keySamples: Slice[];
};

const wrongTime = (detail: string): NotStandard => new NotStandard('timing', detail);

/** More than MAX_REORDERED, and a power of two. */
const RING = 32;

/** The latest presentation times since a key frame, in order: a ring, so that frames in order cost one write. */
class ShownTimes {
  readonly #times = new Float64Array(RING);
  #start = 0;
  #end = 0;

  restart(): void {
    this.#start = this.#end;
  }

  /** Throws for a time that another frame has, and for one that more frames were decoded before than a player holds. */
  add(time: number): void {
    const times = this.#times;
    const lowest = Math.max(this.#start, this.#end - MAX_REORDERED - 1);
    let at = this.#end;
    for (; at > lowest; at--) {
      const other = times[(at - 1) % RING] ?? 0;
      if (other === time) {
        throw wrongTime(`two frames at ${time}`);
      }
      if (other < time) {
        break;
      }
      times[at % RING] = other;
    }
    if (at < this.#end - MAX_REORDERED) {
      throw wrongTime(`too many frames are decoded before the one at ${time}`);
    }
    times[at % RING] = time;
    this.#end++;
  }
}

/** Throws NotStandard. */
export function walkPicture(samples: SampleCursor, timescale: number): WalkedPicture {
  if (!samples.next() || !samples.isSync) {
    throw new NotStandard('key_frames_missing');
  }
  const firstOffset = samples.compositionOffsetTicks;
  const firstKey = { offset: samples.offset, length: samples.sizeBytes };
  let lastKey = firstKey;
  const maxGap = MAX_KEY_FRAME_SECONDS * timescale;
  const maxDrift = MAX_DRIFT_SECONDS * timescale;
  const shown = new ShownTimes();
  let keyTime = firstOffset;
  let latest = firstOffset - 1;
  let endTicks = firstOffset;
  let bytes = 0;
  do {
    const offset = samples.compositionOffsetTicks;
    const time = samples.decodeTicks + offset;
    if (samples.isSync) {
      if (time <= latest || Math.abs(offset - firstOffset) > maxDrift) {
        throw wrongTime(`key frame ${samples.index} is shown before frames in front of it, or drifts`);
      }
      requireNear(time - keyTime, maxGap);
      keyTime = time;
      lastKey = { offset: samples.offset, length: samples.sizeBytes };
      shown.restart();
    } else if (time < keyTime) {
      throw new NotStandard('open_gop', `sample ${samples.index}`);
    }
    shown.add(time);
    if (time > latest) {
      latest = time;
      endTicks = time + samples.durationTicks;
    }
    bytes += samples.sizeBytes;
  } while (samples.next());
  const durationTicks = samples.decodeTicks + samples.durationTicks;
  requireNear(endTicks - keyTime, maxGap);
  if (endTicks === firstOffset || Math.abs(endTicks - firstOffset - durationTicks) > maxDrift) {
    throw wrongTime(`the film ends at ${endTicks}, its samples last ${durationTicks}`);
  }
  return {
    firstTicks: firstOffset,
    lastTicks: latest,
    endTicks,
    durationTicks,
    bytes,
    keySamples: [firstKey, lastKey],
  };
}

function requireNear(ticks: number, maxTicks: number): void {
  if (ticks > maxTicks) {
    throw new NotStandard('key_frames_far', `${ticks} ticks`);
  }
}

/** `packetSeconds`: what decoders make of a packet. Throws NotStandard. */
export function walkSound(samples: SampleCursor, timescale: number, packetSeconds: number): Walked {
  const maxDuration = MAX_SOUND_SAMPLE_SECONDS * timescale;
  const maxDrift = MAX_SOUND_DRIFT_SECONDS * timescale;
  const packetTicks = packetSeconds * timescale;
  let [least, most] = [0, 0];
  let bytes = 0;
  while (samples.next()) {
    const drift = samples.decodeTicks - samples.index * packetTicks;
    least = Math.min(least, drift);
    most = Math.max(most, drift);
    if (samples.compositionOffsetTicks !== 0 || samples.durationTicks > maxDuration || most - least > maxDrift) {
      throw wrongTime(`packet ${samples.index} of the sound`);
    }
    bytes += samples.sizeBytes;
  }
  const durationTicks = samples.decodeTicks + samples.durationTicks;
  if (samples.index < 0 || durationTicks === 0) {
    throw damaged('the sound has no packets');
  }
  return { durationTicks, bytes };
}
