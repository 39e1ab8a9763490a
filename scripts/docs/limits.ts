/** The table of docs/limits.md: constants that concern callers and operators, read from the source files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../system.ts';
import { markdownTable } from './markdown.ts';

type Unit = 'count' | 'bytes' | 'seconds' | 'ms' | 'pixels';

const LIMITS: readonly [what: string, file: string, constant: string, unit: Unit][] = [
  ['Length of a source', 'media/limits.ts', 'MAX_DURATION_SECONDS', 'seconds'],
  ['Side of a source', 'media/limits.ts', 'MAX_DIMENSION', 'pixels'],
  ['Size of a source', 'platform/multipart.ts', 'MULTIPART_BYTES_MAX', 'bytes'],
  ['Life of an upload link', 'control/uploads/limits.ts', 'MAX_LINK_SECONDS', 'seconds'],
  ['Parts of a parallel upload', 'control/uploads/limits.ts', 'MAX_PARTS', 'count'],
  ['API tokens in force', 'control/tokens/token-store.ts', 'MAX_TOKENS', 'count'],
  ['Redirects of a source URL', 'control/sources/fetch-checked.ts', 'MAX_REDIRECTS', 'count'],
  ['Sounds of a film', 'media/limits.ts', 'MAX_AUDIO_TRACKS', 'count'],
  ['Text tracks', 'media/limits.ts', 'MAX_TEXT_TRACKS', 'count'],
  ['File of cues', 'media/limits.ts', 'MAX_TEXT_BYTES', 'bytes'],
  ['Cues of a text track', 'media/text/cue.ts', 'MAX_CUES', 'count'],
  ['Chapters', 'media/limits.ts', 'MAX_CHAPTERS', 'count'],
  ['Tracks of a presentation', 'media/limits.ts', 'MAX_TRACKS', 'count'],
  ['Frames per second of a rendition', 'media/limits.ts', 'MAX_FRAME_RATE', 'count'],
  ['Chunks of a film', 'media/limits.ts', 'MAX_CHUNKS', 'count'],
  ['Segment', 'media/limits.ts', 'MAX_SEGMENT_BYTES', 'bytes'],
  ['Failures until a task is dead', 'control/encoding/board/task-state.ts', 'MAX_FAILURES', 'count'],
  ['Warnings of a job', 'protocol/warnings.ts', 'MAX_WARNINGS', 'count'],
  ['Body of an API call', 'http/router.ts', 'MAX_BODY_BYTES', 'bytes'],
  ['Body of a beacon', 'analytics/collect/beacon.ts', 'MAX_BEACON_BYTES', 'bytes'],
  ['Event stream', 'http/event-stream.ts', 'MAX_STREAM_MS', 'ms'],
  ['Link token', 'access/links.ts', 'MAX_LINK_TOKEN_LENGTH', 'bytes'],
  ['Life of a link that the API signs', 'control/links/revocation-store.ts', 'MAX_LINK_SECONDS', 'seconds'],
  ['Life of a session', 'config.ts', 'MAX_SESSION_SECONDS', 'seconds'],
  ['Signing keys', 'access/signing-keys.ts', 'MAX_SIGNING_KEYS', 'count'],
  ['Revocations', 'access/revocation-list.ts', 'MAX_REVOCATIONS', 'count'],
  ['Entries of an allow or deny list', 'access/rules.ts', 'MAX_ENTRIES', 'count'],
  ['Sessions that a link may limit a viewer to', 'access/concurrency/limits.ts', 'SESSIONS_MAX', 'count'],
  ['Webhooks', 'control/notify/endpoints.ts', 'MAX_ENDPOINTS', 'count'],
  ['Points of a series of views', 'control/views/views-query.ts', 'MAX_POINTS', 'count'],
  ['Points of a series that is split', 'control/views/views-query.ts', 'MAX_SPLIT_POINTS', 'count'],
  ['View facts that wait in an isolate', 'analytics/collect/fact-collector.ts', 'MAX_WAITING_FACTS', 'count'],
  ['Encoders that the board knows', 'control/encoding/board/encoder-registry.ts', 'MAX_KNOWN', 'count'],
  ['Isolates whose counters are told apart', 'metrics/ledger.ts', 'MAX_ISOLATES', 'count'],
];

const factorOf = (text: string): number => {
  const [base = '', exponent = '1'] = text.replaceAll('_', '').split(' ** ');
  return Number(base) ** Number(exponent);
};

/** Evaluates a number or a product such as `4.9 * 1024 ** 3`. NaN for anything else. */
export const numberIn = (expression: string): number =>
  expression.split(' * ').reduce((product, factor) => product * factorOf(factor), 1);

function constantOf(file: string, name: string): number {
  const text = readFileSync(join(ROOT, 'src', file), 'utf8');
  const value = numberIn(new RegExp(`^(?:export )?const ${name} = (.+);$`, 'm').exec(text)?.[1] ?? '?');
  if (Number.isNaN(value)) {
    throw new RangeError(`src/${file} has no numeric constant ${name}`);
  }
  return value;
}

const plain = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 1 });

const STEPS: Readonly<Record<Unit, readonly [size: number, name: string][]>> = {
  count: [[1, '']],
  pixels: [[1, ' pixels']],
  bytes: [
    [1024 ** 3, ' GiB'],
    [1024 ** 2, ' MiB'],
    [1024, ' KiB'],
  ],
  seconds: [
    [86_400, ' days'],
    [3600, ' hours'],
  ],
  ms: [[60_000, ' minutes']],
};

/** In the largest unit of which it has at least one. */
function shown(value: number, unit: Unit): string {
  const [size, name] = STEPS[unit].find(([step]) => value >= step) ?? [1, ` ${unit}`];
  return `${plain(value / size)}${name}`;
}

export const limitBlocks = {
  limits: () =>
    markdownTable(
      ['at most', '', 'from'],
      LIMITS.map(([what, file, constant, unit]) => [
        what,
        shown(constantOf(file, constant), unit),
        `\`${constant}\` of \`src/${file}\``,
      ]),
    ),
};
