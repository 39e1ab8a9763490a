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
  /** As its counter knows its viewer: '' where the link names none, null until a batch was about to be sent. */
  viewerHash: string | null;
  /** Media that this isolate gave it, about: what was given again after an acknowledgement counts again. */
  givenMs: number;
  /** Whether its counter is known to know it: what is told of it then may wait. */
  isAcknowledged: boolean;
};

/** Its counter may not know the session yet, or this is what makes it a view: people look at both as they happen. */
export function isUrgent({ isAcknowledged, givenMs, viewMs, views }: Visitor): boolean {
  return !isAcknowledged || (givenMs >= viewMs && givenMs - views.measure.segmentMs < viewMs);
}
