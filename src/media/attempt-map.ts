/**
 * The attempt map: a step of a path that tells which task attempt wrote each segment of a track. A DASH SegmentTemplate
 * has one pattern for all segments, but a chunk that was tried again has another attempt than its neighbours. With the
 * map in the pattern, the URL alone gives the object key. Pure strings.
 *
 * Grammar: `A(,N.A)*`. `1,9.2,17.1` means attempt 1 from the first number, 2 from number 9, 1 again from 17.
 */
import { isAttempt } from './ids.ts';
import { MAX_SEGMENT_NUMBER, parseSegmentNumber } from './keys.ts';
import { MAX_CHUNKS } from './limits.ts';

type AttemptRun = { firstNumber: number; attempt: string };

/** One run per chunk at most, each no longer than `,999999.999999`. */
const MAX_TEXT_LENGTH = MAX_CHUNKS * ',999999.999999'.length;

/** The shortest map of a track's chunks. Throws TypeError where first numbers do not ascend or an attempt is invalid. */
export function formatAttemptMap(chunks: readonly AttemptRun[]): string {
  let text = '';
  let last: AttemptRun = { firstNumber: 0, attempt: '' };
  for (const { firstNumber, attempt } of chunks) {
    if (!isAttempt(attempt) || firstNumber <= last.firstNumber || firstNumber > MAX_SEGMENT_NUMBER) {
      throw new TypeError(`attempt ${attempt} from ${firstNumber} cannot follow segment ${last.firstNumber}`);
    }
    if (text === '') {
      text = attempt;
    } else if (attempt !== last.attempt) {
      text += `,${firstNumber}.${attempt}`;
    }
    last = { firstNumber, attempt };
  }
  if (text === '') {
    throw new TypeError('a track without chunks has no attempts');
  }
  return text;
}

/**
 * The runs of a map: `firstNumber` starts at 1 and ascends, neighbours differ in `attempt`. `null` unless `text` is
 * exactly what `formatAttemptMap` writes: one URL per object, so one cache entry.
 */
export function parseAttemptMap(text: string): AttemptRun[] | null {
  const [head = '', ...rest] = text.length > MAX_TEXT_LENGTH ? [] : text.split(',');
  if (!isAttempt(head) || rest.length >= MAX_CHUNKS) {
    return null;
  }
  let last: AttemptRun = { firstNumber: 1, attempt: head };
  const map = [last];
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
export const attemptOf = (map: readonly AttemptRun[], number: number): string =>
  map.findLast(({ firstNumber }) => firstNumber <= number)?.attempt ?? '';
