/**
 * The attempt map: the path step that tells, for every segment number of a track, which task attempt wrote it. A DASH
 * SegmentTemplate has one pattern for all segments, while a retried chunk has another attempt than its neighbours; with
 * the map in the pattern, the URL alone still resolves to the object key. Pure strings.
 *
 * Grammar: `A(,N.A)*`. `1,9.2,17.1` means attempt 1 from the first number, 2 from number 9, 1 again from 17.
 */
import { isAttempt } from './ids.ts';
import { MAX_SEGMENT_NUMBER, parseSegmentNumber } from './keys.ts';
import { MAX_CHUNKS } from './limits.ts';

type AttemptRun = { firstNumber: number; attempt: string };
/** Never empty; `firstNumber` ascends strictly, the first is 1; neighbours differ in `attempt`. */
export type AttemptMap = readonly [AttemptRun, ...AttemptRun[]];

/** One run per chunk at most, each no longer than `,999999.999999`. */
const MAX_TEXT_LENGTH = MAX_CHUNKS * ',999999.999999'.length;

/**
 * The shortest map of a track's chunks, which come in presentation order.
 * Throws TypeError where first numbers do not ascend or an attempt is not one: a presentation like that is a bug of ours.
 */
export function formatAttemptMap(chunks: readonly { attempt: string; firstNumber: number }[]): string {
  let text = '';
  let lastAttempt = '';
  let lastNumber = 0;
  for (const { attempt, firstNumber } of chunks) {
    if (!isAttempt(attempt) || firstNumber <= lastNumber || firstNumber > MAX_SEGMENT_NUMBER) {
      throw new TypeError(`not a chunk that can follow segment ${lastNumber}: attempt ${attempt} from ${firstNumber}`);
    }
    if (text === '') {
      text = attempt;
    } else if (attempt !== lastAttempt) {
      text += `,${firstNumber}.${attempt}`;
    }
    lastAttempt = attempt;
    lastNumber = firstNumber;
  }
  if (text === '') {
    throw new TypeError('a track without chunks has no attempts');
  }
  return text;
}

/** `null` unless `text` is exactly what `formatAttemptMap` could have written: one URL per object, so one cache entry. */
export function parseAttemptMap(text: string): AttemptMap | null {
  if (text.length > MAX_TEXT_LENGTH) {
    return null;
  }
  const [head = '', ...rest] = text.split(',');
  if (!isAttempt(head) || rest.length >= MAX_CHUNKS) {
    return null;
  }
  const map: [AttemptRun, ...AttemptRun[]] = [{ firstNumber: 1, attempt: head }];
  let last = map[0];
  for (const step of rest) {
    const [numberText = '', attempt = '', ...more] = step.split('.');
    const firstNumber = parseSegmentNumber(numberText);
    const valid = more.length === 0 && isAttempt(attempt);
    if (!valid || firstNumber === null || firstNumber <= last.firstNumber || attempt === last.attempt) {
      return null;
    }
    last = { firstNumber, attempt };
    map.push(last);
  }
  return map;
}

/** The attempt that wrote segment `number` (≥ 1). */
export function attemptOf(map: AttemptMap, number: number): string {
  let { attempt } = map[0];
  for (const run of map) {
    if (run.firstNumber > number) {
      break;
    }
    attempt = run.attempt;
  }
  return attempt;
}
