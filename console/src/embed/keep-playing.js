/**
 * Keeps a film playing through network cuts and expired sessions. It is independent of the player: shaka.js, hls-js.js
 * and dash-js.js connect it to one. docs/guide/players.md shows how to use them.
 */

/**
 * @typedef {{ status: number, code: string, title: string, detail: string }} Problem `code` is `network` if Sluice did not answer
 * @typedef {'playing' | 'reconnecting' | 'ended'} State
 * @typedef {(state: State, problem: Problem | null) => void} OnChange
 */

const LINK = /\/v\/[^/]+\/(main\.m3u8|manifest\.mpd)/;
const SESSION = /\/s\/[^/"<\s]+\//g;
/** A new session solves these. */
const RENEWABLE = /^session_(expired|malformed|signature)$/;
/** After these, not even buffered media may be played. */
const AT_ONCE = /_revoked$|^asset_|^stream_evicted$/;
const WAIT_MS = 500;
const WAIT_MS_MAX = 30_000;
/** Each wait is about a fifth of the outage so far: soon enough for a viewer, rare enough for a struggling server. */
const WAIT_GROWTH = 1.25;
/** Players report late: a refusal this soon after a renewal belongs to a request from before it. */
const RENEWAL_MS = 5_000;

/** @param {number} status @param {unknown} body Text or bytes @returns {Problem} */
function problemOf(status, body) {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(/** @type {ArrayBuffer} */ (body));
    const { code, title = '', detail = '' } = JSON.parse(text);
    if (typeof code === 'string' && status < 500 && status !== 429) {
      return { status, code, title, detail };
    }
  } catch {} // Not a problem document, but a proxy's page or nothing.
  return { status, code: 'network', title: '', detail: status === 0 ? '' : `The server answered ${status}.` };
}

/** @param {HTMLVideoElement} video */
function hasBuffer({ buffered, currentTime }) {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime + 0.1) {
      return true;
    }
  }
  return false;
}

/** @param {number} ms */
const untilOnline = (ms) =>
  new Promise((resolve) => {
    const wake = () => {
      removeEventListener('online', wake);
      resolve(undefined);
    };
    addEventListener('online', wake);
    setTimeout(wake, ms);
  });

/**
 * @param {HTMLVideoElement} video
 * @param {{ stop(): void, reload(link: string, seconds: number): void, onChange: OnChange }} actions
 */
export function keepPlaying(video, { stop, reload, onChange }) {
  let [link, manifest, session] = ['', '', ''];
  let failures = 0;
  let renewedAtMs = -RENEWAL_MS;
  let ended = false;
  /** @type {Problem | null} */
  let refusal = null;
  /** @type {Promise<void> | null} */
  let recovery = null;
  /** @type {State | null} */
  let state = null;

  /** @param {State} next @param {Problem | null} problem */
  function tell(next, problem) {
    if (next !== state) {
      state = next;
      onChange(next, problem);
    }
  }

  /** @param {Problem | null} problem */
  function judge(problem) {
    if (problem !== null && problem.code !== 'network' && !RENEWABLE.test(problem.code)) {
      refusal = problem;
    }
    if (refusal !== null && !ended && (AT_ONCE.test(refusal.code) || !hasBuffer(video))) {
      ended = true;
      stop();
      tell('ended', refusal);
    }
  }

  async function renew() {
    const response = await fetch(link, { cache: 'no-store' }).catch(() => null);
    const text = (await response?.text().catch(() => '')) ?? '';
    const [fresh] = text.match(SESSION) ?? [];
    if (fresh === undefined) {
      judge(problemOf(response?.status ?? 0, text));
      return;
    }
    renewedAtMs = performance.now();
    if (text.replace(SESSION, '') === manifest) {
      session = fresh;
    } else {
      // Another version was published. Its segments do not fit those of the old one.
      const { paused, currentTime } = video;
      video.addEventListener('canplay', () => paused || video.play(), { once: true });
      reload(link, currentTime);
    }
  }

  /** @param {Problem} problem */
  async function recover(problem) {
    judge(problem);
    if (ended) {
      return;
    }
    tell('reconnecting', problem);
    const isRenewable = RENEWABLE.test(problem.code);
    if (!isRenewable || failures > 0) {
      const waitMs = Math.min(WAIT_MS * WAIT_GROWTH ** failures, WAIT_MS_MAX);
      await untilOnline(Math.round(waitMs * (0.75 + Math.random() / 2)));
    }
    failures += 1;
    if (isRenewable && performance.now() - renewedAtMs >= RENEWAL_MS) {
      await renew();
    }
  }

  video.addEventListener('waiting', () => judge(null));

  return {
    /** Pass every URL through this before requesting it. @param {string} url */
    rewrite: (url) => (session === '' ? url : url.replace(SESSION, session)),

    /** @param {string} url @param {() => string} text Called if it is the manifest of a link */
    succeeded(url, text) {
      const isLink = LINK.test(url);
      // Loading a link again does not prove that its sessions work: they may still be refused.
      const isProof = !isLink || url !== link;
      if (isLink) {
        [link, manifest, session] = [url, text().replace(SESSION, ''), ''];
        ended = false;
      }
      if (ended) {
        return; // This request was still under way.
      }
      failures = isProof ? 0 : failures;
      refusal = null;
      tell('playing', null);
    },

    /** Resolves when it is time to retry, with false if retrying is useless. @param {number} status @param {unknown} [body] */
    async failed(status, body) {
      recovery ??= recover(problemOf(status, body)).finally(() => {
        recovery = null;
      });
      await recovery;
      return !ended;
    },
  };
}
