/** The interface of a player. There are two: Shaka Player over MSE, and the browser's own HLS player. */
import type { Format } from './address.ts';
import type { Failure } from './failure.ts';
import type { Sound, SoundWish, Text } from './tracks.ts';

export type Rendition = {
  width: number;
  height: number;
  /** A codec string (RFC 6381). */
  codec: string;
};

type LoadOptions = {
  url: string;
  startSeconds: number;
  /** So that the right sound is fetched from the beginning. */
  sound: SoundWish | null;
  pixelsMax: number | null;
};

export interface Player {
  readonly formats: readonly Format[];
  /** The browser shows controls, with menus of sounds and texts: the page's stay hidden. */
  readonly hasOwnControls: boolean;
  /** Resolves once the media can play, or when a newer load replaces this one. Rejects with a PlaybackError. */
  load(options: LoadOptions): Promise<void>;
  /** One rendition per height, highest first. Empty if the browser does not reveal them. */
  renditions(): readonly Rendition[];
  /** Keeps the rendition of this height. `null` or an unknown height means automatic. */
  choose(height: number | null): void;
  /** What automatic quality may go up to. */
  limit(pixelsMax: number | null): void;
  sounds(): readonly Sound[];
  chooseSound(id: string): void;
  texts(): readonly Text[];
  /** `null` shows none. */
  chooseText(id: string | null): void;
  /** Bits per second, or `null` while unknown. */
  estimatedBandwidth(): number | null;
}

export type PlayerEvents = {
  /** Playback failed for good after a load. */
  onFailure(failure: Failure): void;
  /** The lists of renditions, sounds and texts may have changed. */
  onTracks(): void;
  /** True while no media arrives. The player recovers by itself; then this is called with false. */
  onOutage(isOut: boolean): void;
  /** The page must load again at the same position. */
  onReload(): void;
};
