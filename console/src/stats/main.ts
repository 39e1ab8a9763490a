/** The statistics page of one asset: asks for the API token, then opens the report. */
import '../styles/base.css';
import '../styles/light.css';
import '../styles/choices.css';
import './stats.css';
import './plot.css';
import './table.css';
import { element } from '../element.ts';
import { parseStatsAddress } from './address.ts';
import { type CallFailure, callFailureOf } from './call-failure.ts';
import { createLiveTiles } from './live-tiles.ts';
import { openReport } from './report.ts';
import { createRetentionCard } from './retention-card.ts';
import { createSeriesCard } from './series-card.ts';
import { isToken, openTokenStore } from './token-store.ts';

type State = 'signed-out' | 'loading' | 'ready' | 'failed';

const root = document.documentElement;
const assetId = parseStatsAddress(new URL(location.href));
const tokens = openTokenStore(() => sessionStorage);
const tiles = createLiveTiles(root);
const cards = [createSeriesCard(), createRetentionCard()];
const input = element('token', HTMLInputElement);
const tokenProblem = element('token-problem', HTMLElement);
/** Stops the previous report. */
let open = new AbortController();

function set(state: State): void {
  root.dataset['state'] = state;
  if (state !== 'ready') {
    tiles.set('off');
  }
}

function signOut(reason: string): void {
  open.abort();
  tokens.forget();
  set('signed-out');
  tokenProblem.textContent = reason;
  input.setAttribute('aria-invalid', String(reason !== ''));
  input.value = '';
  input.focus();
}

function fail({ status, code, title, detail }: CallFailure): void {
  open.abort();
  if (status === 401) {
    signOut(`The token was not accepted: ${title}.`);
    return;
  }
  const isGone = status === 404;
  element('problem-title', HTMLElement).textContent = isGone ? 'Asset not found' : title;
  element('problem-advice', HTMLElement).textContent = isGone
    ? 'It may have been deleted, or the address may be incomplete.'
    : detail;
  element('problem-code', HTMLElement).textContent = code;
  element('retry', HTMLButtonElement).hidden = assetId === null;
  set('failed');
}

async function start(token: string): Promise<void> {
  open.abort();
  open = new AbortController();
  const { signal } = open;
  if (assetId === null) {
    fail(NO_ASSET);
    return;
  }
  set('loading');
  try {
    await openReport({ assetId, token, cards, tiles, onRefused: fail, signal });
    if (!signal.aborted) {
      tokens.write(token);
      set('ready');
      tiles.set('connecting');
    }
  } catch (error) {
    if (!signal.aborted) {
      fail(callFailureOf(error));
    }
  }
}

const NO_ASSET: CallFailure = { status: 404, code: 'no_asset', title: '', detail: '' };

element('sign-in', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const token = input.value.trim();
  if (!isToken(token)) {
    signOut('This is not a valid token: it contains characters that a token cannot have.');
    return;
  }
  tokenProblem.textContent = '';
  input.value = '';
  tokens.write(token);
  void start(token);
});
element('sign-out', HTMLButtonElement).addEventListener('click', () => signOut(''));
element('retry', HTMLButtonElement).addEventListener('click', () => {
  const token = tokens.read();
  if (token === null) {
    signOut('');
  } else {
    void start(token);
  }
});

element('asset', HTMLElement).textContent = assetId ?? '';
const kept = tokens.read();
if (assetId === null) {
  fail(NO_ASSET);
} else if (kept === null) {
  set('signed-out');
} else {
  void start(kept);
}
