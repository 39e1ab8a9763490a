/** Why nothing plays, in words for people. The Worker's problem documents (RFC 9457) keep their stable `code`. */
import { type Problem, parseProblem } from '../../../client/problem.ts';

export type Failure = {
  /** The problem document's code, or one of ours: `network`, `no_link`, `unsupported`, `playback`. */
  code: string;
  title: string;
  advice: string;
  /** What the server or the player said about this one occurrence. */
  detail: string;
  /** Whether trying again is what the advice comes down to. */
  isWorthRetrying: boolean;
};

type Words = Pick<Failure, 'title' | 'advice'>;

const NEW_LINK = 'Ask the person who gave you this link for a new one.';
const COMPLETE_LINK = `Check that the whole address was copied. ${NEW_LINK}`;
/** A retry with the same link or session fails again. */
const POINTLESS = /^(link_(?!not_yet_valid)|rule_|session_revoked$|asset_disabled$|no_link$)/;

const WORDS: Readonly<Record<string, Words>> = {
  no_link: { title: 'There is no link in this address', advice: 'A watch page looks like /watch/ followed by a link.' },
  network: {
    title: 'The video cannot be reached',
    advice: 'Check your connection. The video goes on when it is back.',
  },
  unsupported: {
    title: 'This browser cannot play this video',
    advice: 'Try a current version of Chrome, Edge, Firefox or Safari.',
  },
  playback: { title: 'The video stopped playing', advice: 'Try again; it goes on where it stopped.' },
  link_expired: { title: 'This link has expired', advice: NEW_LINK },
  link_not_yet_valid: { title: 'This link is not valid yet', advice: 'Come back later and try again.' },
  link_malformed: { title: 'This link is damaged', advice: COMPLETE_LINK },
  link_signature: { title: 'This link is damaged', advice: COMPLETE_LINK },
  link_key_unknown: { title: 'This link is no longer accepted', advice: NEW_LINK },
  link_required: { title: 'This video needs a signed link', advice: NEW_LINK },
  rule_country: { title: 'This video is not available in your country', advice: 'The link allows other places only.' },
  rule_ip: { title: 'This video is not available on your network', advice: 'The link allows other networks only.' },
  rule_origin: { title: 'This video may not be played on this site', advice: 'Open it where it was published.' },
  rule_user_agent: { title: 'This video may not be played in this browser', advice: 'Try another browser or device.' },
  session_expired: { title: 'This playback has timed out', advice: 'Try again; it goes on where it stopped.' },
  link_revoked: { title: 'This link has been withdrawn', advice: NEW_LINK },
  stream_limit: { title: 'Too many players use this link', advice: 'Stop one of the others, then try again.' },
  stream_evicted: { title: 'This video now plays elsewhere', advice: 'Try again to go on here instead.' },
  session_revoked: { title: 'This playback has been ended', advice: NEW_LINK },
  asset_disabled: { title: 'This video has been taken down', advice: 'It may come back later.' },
  // Also while it is being encoded: delivery knows published assets only.
  asset_not_found: { title: 'There is no such video, or not yet', advice: COMPLETE_LINK },
};

export function failureOf(code: string, detail = ''): Failure {
  const words = WORDS[code] ?? { title: 'The video cannot be played', advice: 'Try again, or ask for a new link.' };
  return { code, detail, ...words, isWorthRetrying: !POINTLESS.test(code) };
}

/** A refused request, from its status and body. A body that is no problem document leaves the status to speak. */
export function failureOfResponse(status: number, body: string): Failure {
  const problem = parseProblem(body);
  if (problem === null) {
    return failureOf('network', `The server answered ${status}.`);
  }
  return failureOfProblem(problem);
}

export function failureOfProblem({ code, title, detail }: Problem): Failure {
  const known = failureOf(code, detail);
  return code in WORDS ? known : { ...known, title: title || known.title };
}

/** Asks for a link's manifest: why it is refused, or `null` where it is not. */
export async function refusalOf(url: string): Promise<Failure | null> {
  try {
    const response = await fetch(url, { cache: 'no-store' });
    return response.ok ? null : failureOfResponse(response.status, await response.text());
  } catch {
    return failureOf('network');
  }
}

/** Failures travel as rejections and events; this tells them from a programmer's error. */
export class PlaybackError extends Error {
  override readonly name = 'PlaybackError';
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(`${failure.code}: ${failure.detail || failure.title}`, { cause });
    this.failure = failure;
  }
}
