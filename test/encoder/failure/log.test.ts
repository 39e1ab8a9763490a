import { expect, test } from 'vitest';
import { createLog } from '../../../encoder/failure/log.ts';

test('a log line says everything and holds nothing that a terminal obeys', () => {
  const lines: string[] = [];
  const sink = { write: (text: string) => lines.push(text) };
  const reason = 'a\u001b[2J\nready http://evil\u009b2J\u202Eb\u2028c\u007f\u{1FFFF}';
  createLog(sink, sink).error('task_failed', { reason });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'task_failed', reason });
});
