/** Reads server-sent events (WHATWG HTML 9.2.6) from text that arrives in pieces. Pure but for what it holds. */

export type ServerEvent = { type: string; data: string };

/** Our events have 100 characters; what never ends is not from our server. */
const MAX_PENDING = 64 * 1024;

/** Returns what takes each piece and gives the events that it completed. Throws RangeError where an event has no end. */
export function createEventParser(): (piece: string) => ServerEvent[] {
  let pending = '';
  return (piece) => {
    pending += piece;
    const events: ServerEvent[] = [];
    for (let end = pending.search(BLANK_LINE); end !== -1; end = pending.search(BLANK_LINE)) {
      const event = eventOf(pending.slice(0, end));
      pending = pending.slice(end).replace(BLANK_LINE, '');
      if (event !== null) {
        events.push(event);
      }
    }
    if (pending.length > MAX_PENDING) {
      throw new RangeError('an event without an end');
    }
    return events;
  };
}

const BLANK_LINE = /\r?\n\r?\n/;

/** `null`: a comment, or nothing that carries data. */
function eventOf(block: string): ServerEvent | null {
  let type = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^([a-z]+):? ?(.*)$/.exec(line) ?? [];
    if (field === 'event') {
      type = value;
    } else if (field === 'data') {
      data.push(value);
    }
  }
  return data.length === 0 ? null : { type, data: data.join('\n') };
}
