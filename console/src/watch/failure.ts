/** Explains to viewers why nothing plays. Problem documents of the Worker (RFC 9457) keep their stable `code`. */
import { type Problem, parseProblem } from '../../../client/problem.ts';

export type Failure = {
  /** The code of the problem document, or one of this page: `network`, `no_link`, `unsupported`, `playback`. */
  code: string;
  title: string;
  advice: string;
  /** What the server or the player reported about this occurrence. */
  detail: string;
  /** Whether a retry may help. */
  isWorthRetrying: boolean;
};

type Words = Pick<Failure, 'title' | 'advice'>;

const NEW_LINK = 'Ask the person who gave you this link for a new one.';
const COMPLETE_LINK = `Check that you copied the whole address. ${NEW_LINK}`;
const RESUME = 'Try again. The video continues where it stopped.';
/** A retry with the same link or session would fail again. */
const POINTLESS = /^(link_(?!not_yet_valid)|rule_|session_revoked$|asset_(disabled|unpublished)$|no_link$)/;

const WORDS: Readonly<Record<string, Words>> = {
  no_link: { title: 'This address has no link', advice: 'The address of a watch page is /watch/ followed by a link.' },
  network: {
    title: 'Cannot reach the video',
    advice: 'Check your connection. The video continues when you are back online.',
  },
  unsupported: {
    title: 'This browser cannot play this video',
    advice: 'Try a current version of Chrome, Edge, Firefox or Safari.',
  },
  playback: { title: 'The video stopped playing', advice: RESUME },
  link_expired: { title: 'This link has expired', advice: NEW_LINK },
  link_not_yet_valid: { title: 'This link is not valid yet', advice: 'Come back later and try again.' },
  link_malformed: { title: 'This link is damaged', advice: COMPLETE_LINK },
  link_signature: { title: 'This link is damaged', advice: COMPLETE_LINK },
  link_key_unknown: { title: 'This link is no longer accepted', advice: NEW_LINK },
  link_required: { title: 'This video needs a signed link', advice: NEW_LINK },
  rule_country: {
    title: 'This video is not available in your country',
    advice: 'The link works only in other countries.',
  },
  rule_ip: { title: 'This video is not available on your network', advice: 'The link works only on other networks.' },
  rule_origin: { title: 'This video may not be played on this site', advice: 'Open it on the site that published it.' },
  rule_user_agent: { title: 'This video may not be played in this browser', advice: 'Try another browser or device.' },
  session_expired: { title: 'This session has expired', advice: RESUME },
  link_revoked: { title: 'This link has been withdrawn', advice: NEW_LINK },
  stream_limit: { title: 'Too many players are using this link', advice: 'Stop one of the others, then try again.' },
  stream_evicted: { title: 'This video is now playing elsewhere', advice: 'Try again to continue here instead.' },
  session_revoked: { title: 'This session has been ended', advice: NEW_LINK },
  asset_disabled: { title: 'This video has been taken down', advice: 'It may come back later.' },
  asset_not_published: { title: 'This video is not out yet', advice: 'Come back later and try again.' },
  asset_unpublished: { title: 'This video is no longer available', advice: 'Ask the person who gave you this link.' },
  source_not_turned: {
    title: 'This video is not ready for this browser yet',
    advice: 'Come back when it has been encoded, or open it in Chrome or Edge.',
  },
  // Also while the video is being encoded: delivery knows only published assets.
  asset_not_found: { title: 'Video not found, or not ready yet', advice: COMPLETE_LINK },
};

export function failureOf(code: string, detail = ''): Failure {
  const words = WORDS[code] ?? { title: 'The video cannot be played', advice: 'Try again, or ask for a new link.' };
  return { code, detail, ...words, isWorthRetrying: !POINTLESS.test(code) };
}

/** The failure of a refused request. If the body is not a problem document, it is described by the status. */
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

/** Requests a manifest. Returns why it is refused, or `null` if it is not. */
export async function refusalOf(url: string): Promise<Failure | null> {
  try {
    const response = await fetch(url, { cache: 'no-store' });
    return response.ok ? null : failureOfResponse(response.status, await response.text());
  } catch {
    return failureOf('network');
  }
}

/** A failure to show to the viewer, as opposed to a bug. */
export class PlaybackError extends Error {
  override readonly name = 'PlaybackError';
  readonly failure: Failure;

  constructor(failure: Failure, cause?: unknown) {
    super(`${failure.code}: ${failure.detail || failure.title}`, { cause });
    this.failure = failure;
  }
}
