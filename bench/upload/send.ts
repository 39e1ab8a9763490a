/** A request whose body is generated: the same bytes each time, sent as fast as they are taken. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as ask, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

/** A connection for each: one that is kept may be closed by its server just when it is used again. */
const agent = new Agent({ keepAlive: false });
const BLOCK = randomBytes(1024 ** 2);

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

export async function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  bodyBytes: number | string,
): Promise<Answer> {
  const length = typeof bodyBytes === 'string' ? bodyBytes.length : bodyBytes;
  const request = ask(url, { method, agent, headers: { ...headers, 'content-length': String(length) } });
  // A server that refuses may close the connection while the body is sent: its answer says why.
  const answered = once(request, 'response');
  answered.catch(() => {});
  request.on('error', () => {});
  if (typeof bodyBytes === 'string') {
    request.write(bodyBytes);
  } else {
    for (let left = bodyBytes; left > 0; left -= BLOCK.length) {
      if (request.destroyed) {
        break;
      }
      if (!request.write(left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK)) {
        // A server may also answer before it has read all, and read no more.
        await Promise.race([once(request, 'drain'), answered]).catch(() => {});
      }
    }
  }
  request.end();
  const [response] = await answered;
  const { statusCode: status = 0, headers: got } = response;
  const body = await text(response);
  if (status >= 300) {
    throw new Error(`${method} ${url}: ${status} ${body.slice(0, 500)}`);
  }
  return { status, headers: got, text: body };
}
