/** What an upload's look means for people. Pure. */
import { NOT_STANDARD } from '../src/media/source/not-standard.ts';

const REASONS: Readonly<Record<string, string>> = NOT_STANDARD;

/** `look`: as `uploadFile` tells it. A newer server may have reasons that have no words here. */
export const lookText = (look: string): string =>
  look === 'standard'
    ? 'plays at once when it is uploaded'
    : `is encoded first: ${Object.hasOwn(REASONS, look) ? REASONS[look] : look}`;
