/** The interface of a player. There are two: Shaka Player over MSE, and the browser's own HLS player. */
import type { Format } from './address.ts';
import type { Failure } from './failure.ts';

export type Rendition = {
  width: number;
  height: number;
  /** A codec string (RFC 6381). */
  codec: string;
};

type LoadOptions = { url: string; startSeconds: number };

export interface Player {
  readonly formats: readonly Format[];
  /** Resolves once the media can play, or when a newer load replaces this one. Rejects with a PlaybackError. */
  load(options: LoadOptions): Promise<void>;
  /** One rendition per height, highest first. Empty if the browser does not reveal them. */
  renditions(): readonly Rendition[];
  /** Keeps the rendition of this height. `null` or an unknown height means automatic. */
  choose(height: number | null): void;
  /** Bits per second, or `null` while unknown. */
  estimatedBandwidth(): number | null;
}

export type PlayerEvents = {
  /** Playback failed for good after a load. */
  onFailure(failure: Failure): void;
  /** The list of renditions may have changed. */
  onRenditions(): void;
  /** True while no media arrives. The player recovers by itself; then this is called with false. */
  onOutage(isOut: boolean): void;
  /** The page must load again at the same position. */
  onReload(): void;
};
