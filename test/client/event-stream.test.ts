import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventParser, type ServerEvent } from '../../../console/src/stats/event-parser.ts';

const parseAll = (pieces: readonly string[]): ServerEvent[] => {
  const parse = createEventParser();
  return pieces.flatMap((piece) => parse(piece));
};

describe('a stream of events', () => {
  test.each([
    ['one', 'event: views\ndata: {"views":1}\n\n', [{ type: 'views', data: '{"views":1}' }]],
    ['carriage returns', 'event: views\r\ndata: 1\r\n\r\n', [{ type: 'views', data: '1' }]],
    ['no type', 'data: 1\n\n', [{ type: 'message', data: '1' }]],
    ['several lines of data', 'data: 1\ndata:2\n\n', [{ type: 'message', data: '1\n2' }]],
    ['a comment and a delay', ': still here\n\nretry: 1000\n\n', []],
    ['one without an end', 'data: 1\n', []],
    ['ids', 'id: 4\ndata: 1\n\n', [{ type: 'message', data: '1' }]],
  ])('%s', (_, text, expected) => {
    expect(parseAll([text])).toEqual(expected);
  });

  test('is the same however it is cut', () => {
    const values = fc.array(fc.record({ views: fc.nat(), note: fc.string() }), { maxLength: 20 });
    fc.assert(
      fc.property(values, fc.array(fc.nat({ max: 40 }), { minLength: 1 }), (events, sizes) => {
        const text = events.map((event) => `event: views\ndata: ${JSON.stringify(event)}\n\n: tick\n\n`).join('');
        const pieces: string[] = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = (sizes[turn % sizes.length] ?? 0) + 1;
          pieces.push(text.slice(at, at + size));
          at += size;
        }
        expect(parseAll(pieces)).toEqual(events.map((event) => ({ type: 'views', data: JSON.stringify(event) })));
      }),
    );
  });

  test('that never ends an event is given up', () => {
    const parse = createEventParser();
    expect(() => {
      for (let count = 0; count < 100; count += 1) {
        parse('x'.repeat(1_000));
      }
    }).toThrow(RangeError);
  });
});
