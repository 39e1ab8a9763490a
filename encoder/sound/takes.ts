/** Pieces of sound → what is taken of each: overlaps are cut, joints are faded, nothing lies outside the output. Pure. */
import type { Piece } from './pieces.ts';

/** Output samples `from` … `to` come from the piece. Its fades overlap those of its neighbours where they touch. */
export type Take = { piece: Piece; from: number; to: number; fadeIn: number; fadeOut: number };
/** A hole that is silent or an overlap that is cut. In output samples. */
export type Repair = { at: number; samples: number };
export type Cutting = { takes: Take[]; gaps: Repair[]; overlaps: Repair[] };

const FADE_SECONDS = 0.005;

export function cutPieces(pieces: readonly Piece[], count: number, sampleRate: number): Cutting {
  const fade = Math.round(FADE_SECONDS * sampleRate);
  const takes: Take[] = [];
  const gaps: Repair[] = [];
  const overlaps: Repair[] = [];
  /** The take behind which the last overlap lies. Pieces that are cut altogether belong to one overlap. */
  let cutBehind: Take | undefined;
  for (const piece of pieces) {
    const previous = takes.at(-1);
    const to = Math.min(count, piece.atEnd);
    const from = Math.max(0, piece.at);
    const covered = previous?.to ?? 0;
    const half = previous === undefined ? 0 : Math.floor((previous.to - previous.from) / 2);
    if (from < covered && !piece.isJoined) {
      const samples = Math.min(covered, to) - from;
      const last = overlaps.at(-1);
      if (last !== undefined && cutBehind === previous) {
        last.samples += samples;
      } else {
        overlaps.push({ at: from, samples });
      }
      cutBehind = previous;
    }
    if (to <= from || to <= covered) {
      continue;
    }
    const take: Take = { piece, from, to, fadeIn: 0, fadeOut: 0 };
    takes.push(take);
    if (previous === undefined || (from === covered && piece.isJoined)) {
      continue;
    }
    if (from >= covered) {
      gaps.push({ at: covered, samples: from - covered });
      previous.fadeOut = Math.min(fade, half);
      take.fadeIn = Math.min(fade, Math.floor((to - from) / 2));
    } else {
      // Both have sound here: one goes over into the other.
      take.fadeIn = Math.min(fade, half, covered - from, to - covered);
      previous.fadeOut = take.fadeIn;
      take.from = covered - take.fadeIn;
    }
  }
  return { takes, gaps, overlaps };
}
