/** What differs between the players under test. */
import type { OnChange } from '../../../console/src/embed/keep-playing.js';

type Report = (message: string) => void;

export type Adapter = {
  heights(): number[];
  choose(height: number): void;
  /** `en 6`: language and channels. */
  sounds(): string[];
  /** The sound that it plays. */
  heard(): string;
  /** `en captions`: language and kind, in the player's words. */
  texts(): string[];
  showText(language: string): void | Promise<void>;
};

export type Start = (video: HTMLVideoElement, url: string, report: Report) => Promise<Adapter>;

/** With the helper for embedders, whose reports go to `onChange`. */
export type StartKept = (video: HTMLVideoElement, url: string, onChange: OnChange) => Promise<void>;

/** Of those: a player that holds the whole film asks for nothing, and meets no cut. */
export const KEPT_BUFFER_SECONDS = 8;

/** Enough to hold a whole clip, so that its every seam shows in `buffered`. */
export const BUFFER_SECONDS = 120;

export function indexOfHeight(heights: readonly number[], height: number): number {
  const index = heights.indexOf(height);
  if (index < 0) {
    throw new Error(`no rendition of height ${height} among ${heights.join(', ')}`);
  }
  return index;
}

export function indexOfLanguage(languages: readonly (string | undefined | null)[], language: string): number {
  const index = languages.indexOf(language);
  if (index < 0) {
    throw new Error(`no text in ${language} among ${languages.join(', ')}`);
  }
  return index;
}

export const ascending = (heights: readonly number[]): number[] => [...heights].sort((a, b) => a - b);
