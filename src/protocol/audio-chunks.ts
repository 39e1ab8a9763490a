/** Cuts sound into parts, where one thread for a track would keep a large fleet waiting. Pure arithmetic. */
import { audioCodecRow } from '../media/codecs/codecs.ts';
import { audioCost } from './encode-cost.ts';
import { type AudioPlan, type Chunk, type EncodePlan, MAX_AUDIO_CHUNKS } from './plan-schema.ts';

/** A smaller fleet needs longer for the picture than one of its cores for a track. */
const LEAST_FLEET_CORES = 17;
/** An encoder of half the mean speed may take a part. */
const SLOWNESS = 2;
/** The pre-roll of 6 s (encoder/sound/part.ts) is then a tenth of a part at most. */
const SHORTEST_PART_SECONDS = 60;
/** Of a job. It leaves room for the longest film in chunks of ordinary length (MAX_TASKS_PER_JOB). */
export const MAX_AUDIO_TASKS = 160;

const secondsOf = ({ codec, frameCount, sampleRate }: AudioPlan): number =>
  (frameCount * audioCodecRow(codec).frameSamples) / sampleRate;

/**
 * The number of parts with which the film is ready first. More of them are shorter, but each reads the source from its
 * beginning. `work`: core-seconds of the whole job; `tracks`: how many are cut alike.
 */
function partsOf(audio: AudioPlan, work: number, tracks: number, fleetCores: number, most: number): number {
  const waitFor = (parts: number): number => {
    const part = audioCost(audio, { index: 0, frameCount: audio.frameCount / parts });
    const whole = audioCost(audio);
    const others = audioCost(audio, { index: 1, frameCount: audio.frameCount / parts });
    const all = work + tracks * (part + (parts - 1) * others - whole);
    return Math.max(all / fleetCores, SLOWNESS * part);
  };
  const counts = Array.from({ length: Math.max(1, most) }, (_, index) => index + 1);
  return counts.reduce((best, parts) => (waitFor(parts) < waitFor(best) ? parts : best));
}

/** Parts end where segments end: on the access unit at or after a multiple of their length. */
function cut({ codec, frameCount, sampleRate, segmentSeconds }: AudioPlan, parts: number): Chunk[] {
  const segmentFrames = (segmentSeconds * sampleRate) / audioCodecRow(codec).frameSamples;
  const segmentCount = Math.ceil(frameCount / segmentFrames - 1e-9);
  // The 1e-9 keeps a product that is whole but for float noise on its frame.
  const frameAt = (segment: number): number =>
    Math.min(frameCount, Math.max(0, Math.ceil(segment * segmentFrames - 1e-9)));
  return Array.from({ length: parts }, (_, index) => {
    const [first, end] = [index, index + 1].map((part) => Math.floor((part * segmentCount) / parts)) as [
      number,
      number,
    ];
    const firstFrame = frameAt(first);
    return { index, firstFrame, frameCount: frameAt(end) - firstFrame, firstNumber: first + 1 };
  });
}

/** `otherWork`: core-seconds that the job needs beside its sound. Undefined where every track is encoded in one piece. */
export function planAudioChunks(
  audio: readonly AudioPlan[],
  otherWork: number,
  fleetCores: number,
): EncodePlan['audioChunks'] {
  const splittable = audio.filter(({ codec }) => audioCodecRow(codec).isSplittable);
  if (fleetCores < LEAST_FLEET_CORES || splittable.length === 0) {
    return undefined;
  }
  const work = audio.reduce((sum, track) => sum + audioCost(track), otherWork);
  const room = 1 + Math.floor((MAX_AUDIO_TASKS - audio.length) / splittable.length);
  const chunks = splittable.flatMap((track): [string, Chunk[]][] => {
    const most = Math.min(MAX_AUDIO_CHUNKS, room, Math.floor(secondsOf(track) / SHORTEST_PART_SECONDS));
    const parts = partsOf(track, work, splittable.length, fleetCores, most);
    return parts === 1 ? [] : [[track.track, cut(track, parts)]];
  });
  return chunks.length === 0 ? undefined : Object.fromEntries(chunks);
}
