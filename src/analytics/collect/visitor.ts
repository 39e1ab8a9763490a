/** A session as the collector of an isolate knows it. */
import type { Session, SessionViews } from '../../access/sessions.ts';

/** One object for as long as the isolate remembers the session. */
export type Visitor = {
  readonly session: Session;
  readonly views: SessionViews;
  readonly country: string;
  /** Index in DEVICE_CLASSES. */
  readonly device: number;
  /** Media that makes it a view. */
  readonly viewMs: number;
  /** As its counter knows its viewer: '' if the link names none, null until a batch is about to be sent. */
  viewerHash: string | null;
  /** Roughly the media that this isolate gave it: media that is given again after an acknowledgement counts again. */
  givenMs: number;
  /** Whether its counter has acknowledged it: further facts may wait. */
  isAcknowledged: boolean;
};

/** Its counter may not know the session yet, or this makes it a view. Both show in the live numbers. */
export function isUrgent({ isAcknowledged, givenMs, viewMs, views }: Visitor): boolean {
  return !isAcknowledged || (givenMs >= viewMs && givenMs - views.measure.segmentMs < viewMs);
}
