/** What the page asks of a player. The two engines are Shaka Player over MSE and the browser's own HLS. */
import type { Format } from './address.ts';
import type { Failure } from './failure.ts';

export type Rendition = {
  width: number;
  height: number;
  /** RFC 6381. */
  codec: string;
};

type LoadOptions = { url: string; startSeconds: number };

export interface Player {
  readonly formats: readonly Format[];
  /** Resolves once the media can play. Rejects with a PlaybackError; an abandoned load (a newer one began) resolves. */
  load(options: LoadOptions): Promise<void>;
  /** One per height, highest first; empty where the browser keeps them to itself. */
  renditions(): readonly Rendition[];
  /** Height to hold, `null` for automatic. A height that there is not counts as automatic. */
  choose(height: number | null): void;
  /** Bits per second; `null` while unknown. */
  estimatedBandwidth(): number | null;
}

export type PlayerEvents = {
  /** Playback broke after a load, for good. */
  onFailure(failure: Failure): void;
  /** The list may have changed. */
  onRenditions(): void;
  /** Nothing arrives at the moment; the player goes on by itself. False: it does again. */
  onOutage(isOut: boolean): void;
  /** Only another load, at the same position, goes on. */
  onReload(): void;
};
