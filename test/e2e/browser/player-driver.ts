/** What a test asks of a player in the browser, and what it sees. No more than types: the page and Node both read this file. */

export const PLAYERS = ['hls.js', 'shaka-hls', 'shaka-dash', 'dash.js', 'native-hls'] as const;
export type PlayerName = (typeof PLAYERS)[number];

/** Those that the helper for embedders (console/src/embed) is for. */
export const KEPT_PLAYERS = ['hls.js', 'shaka-hls', 'shaka-dash', 'dash.js'] as const;
export type KeptPlayerName = (typeof KEPT_PLAYERS)[number];

/** As bench/frames/numbered-picture.ts reads them. */
export const PICTURE_SIDE = 64;

/** [start, end] in seconds. */
export type Range = readonly [number, number];

export type Snapshot = {
  position: number;
  duration: number;
  ended: boolean;
  seeking: boolean;
  /** Of the picture on the screen. */
  height: number;
  buffered: Range[];
  /** All that was ever buffered, merged: players throw away what lies behind. */
  everBuffered: Range[];
  /** What each source buffer holds of its own; empty for native playback. */
  tracks: { video: Range[]; audio: Range[] };
  /** Of the texts that are shown, those at the position: what the player has given to the browser. */
  cues: { text: string; start: number; end: number }[];
  audioBytes: number;
  decodedFrames: number;
  droppedFrames: number;
  /** Presentation time of the shown frame minus the clock, one per shown frame of undisturbed playback. */
  drifts: number[];
  /** Everything that any error event said, fatal or not. */
  errors: string[];
  /** What the helper told, as `state` or `state code`. */
  changes: string[];
};

export type Lists = { sounds: string[]; heard: string; texts: string[] };

/** `window.driver` of the page. */
export type PlayerDriver = {
  load(name: PlayerName, url: string): Promise<void>;
  /** As an embedder would, with the helper. */
  loadKept(name: KeptPlayerName, url: string): Promise<void>;
  snapshot(): Snapshot;
  /** Heights of the renditions, ascending; empty where the player does not let a page choose. */
  heights(): number[];
  choose(height: number): void;
  /** Sounds and texts as the player lists them, and the sound it plays: `en 6`, `en subtitles`. */
  lists(): Lists;
  /** The first text of a language. */
  showText(language: string): Promise<void>;
  /** Shows the picture at a time, and stays there. */
  pauseAt(seconds: number): void;
  /** Plays on from there, also after the end. */
  seek(seconds: number): void;
  /** The shown picture, PICTURE_SIDE × PICTURE_SIDE samples of grey. */
  picture(): number[];
  setRate(rate: number): void;
  /** Blocks the page's thread, as a slow script does; the media plays on. */
  keepBusy(ms: number): void;
};
