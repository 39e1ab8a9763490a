/** A session as the collector of an isolate knows it. */
import type { Session, SessionViews } from '../../access/sessions.ts';
import { SILENT_MS } from '../facts.ts';

/** Segments of one rendition, the first and the last number included. */
export type GivenRun = { track: string; first: number; last: number };

/** What a batch holds of one session: the latest run, and the others if it jumped about. */
export type Entry = GivenRun & {
  others: readonly GivenRun[];
  /** Segments of all runs. */
  events: number;
  visitor: Visitor;
  /** Index in the batch's films. */
  film: number;
  /** A symbol: a reference to the batch would keep it in memory after it was sent. */
  batch: symbol;
  /** Its one fact is known to the counter, and was added to tell that the session is silent. */
  isRepeat: boolean;
};

/** One object for as long as the isolate remembers the session. */
export type Visitor = Pick<SessionViews['measure'], 'segmentMs'> & {
  readonly session: Session;
  readonly views: SessionViews;
  readonly country: string;
  /** Index in DEVICE_CLASSES. */
  readonly device: number;
  /** Media that makes it a view. */
  readonly viewMs: number;
  /** The JSON of its SessionFacts up to their runs; null until a batch is about to be sent. */
  json: string | null;
  /** Roughly the media that this isolate gave it: media that is given again after an acknowledgement counts again. */
  givenMs: number;
  /** Whether its counter has acknowledged it: further facts may wait. */
  isAcknowledged: boolean;
  /** The one that tells its counter when the session falls silent. */
  lane: object | null;
  /** When its last fact came. */
  lastMs: number;
  /** When its last batch was sent; Infinity without one, -Infinity if that told that it is silent. */
  toldAtMs: number;
  /** In the batch that its last fact is in. */
  entry: Entry | null;
};

export const newVisitor = (known: Pick<Visitor, 'session' | 'views' | 'country' | 'device' | 'viewMs'>): Visitor => ({
  ...known,
  segmentMs: known.views.measure.segmentMs,
  json: null,
  givenMs: 0,
  isAcknowledged: false,
  lane: null,
  lastMs: 0,
  toldAtMs: Infinity,
  entry: null,
});

/** `viewerHash`: as its counter knows its viewer, '' if the link names none. */
export function identify(visitor: Visitor, viewerHash: string): void {
  const { country, device, session } = visitor;
  const facts = JSON.stringify([session.sessionId, session.expiresAtSeconds, viewerHash, country, device]);
  visitor.json = `${facts.slice(0, -1)},`;
}

/** Its counter may not know the session yet, or this makes it a view. Both show in the live numbers. */
export const isUrgent = ({ isAcknowledged, givenMs, segmentMs, viewMs }: Visitor): boolean =>
  !isAcknowledged || (givenMs >= viewMs && givenMs - segmentMs < viewMs);

export const isSilent = ({ lastMs }: Visitor, nowMs: number): boolean => nowMs - lastMs >= SILENT_MS;

export const runsOf = (entry: Entry): readonly GivenRun[] =>
  entry.others.length === 0 ? [entry] : [...entry.others, entry];
