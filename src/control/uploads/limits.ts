/** Sizes and times of uploads. */
import { DAY_MS } from '../../platform/days.ts';

/** What clients are told to set: three parts of the session, and well below the limit. */
export const CHUNK_BYTES = 48 * 1024 ** 2;

/** An upload that gets no bytes for so long is given up. */
export const IDLE_MS = DAY_MS;
/** R2 drops an unfinished multipart upload after seven days; the part in progress still has to be stored. */
export const MAX_AGE_MS = 6 * DAY_MS;
/** The expiry in D1 is moved no more often, since each write is billed. */
export const EXTEND_EVERY_MS = 3_600_000;

/** A link that is mailed to people should outlive their holidays, not their accounts. */
export const MAX_LINK_SECONDS = 30 * 86_400;
/** How long an ended upload is known that is no source. A link must not make a second upload once the first is forgotten. */
export const KEPT_MS = MAX_LINK_SECONDS * 1000;

/** Parts of a concatenation. Clients use a handful. */
export const MAX_PARTS = 100;
/** The header Upload-Metadata: the largest asset that may be described, in base64, and a few short values. */
export const MAX_METADATA_LENGTH = 32 * 1024;
export const MAX_METADATA_PAIRS = 32;
