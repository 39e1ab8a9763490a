/**
 * A closed loop of GET requests over keep-alive connections: each connection sends the next request as soon as it has
 * an answer. It uses plain sockets and minimal HTTP, because Node's HTTP client would cost more than what is measured.
 */
import { connect, type Socket } from 'node:net';

export type Load = {
  /** An origin. */
  url: string;
  /** Called for the path of each request, on all connections. */
  nextPath: () => string;
  connections: number;
  seconds: number;
};

export type Loaded = { requests: number; bodyBytes: number; seconds: number };

/** Any other answer is a bug of the benchmark. */
const EXPECTED = /^HTTP\/1\.1 200 /;
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)\r\n/i;
/** Answers have about 600 bytes of headers. */
const HEADERS_MAX = 16 * 1024;

class Connection {
  readonly #socket: Socket;
  readonly #load: Load;
  #headers = '';
  #missingBytes = 0;
  requests = 0;
  bodyBytes = 0;

  constructor(load: Load, socket: Socket) {
    this.#load = load;
    this.#socket = socket;
  }

  /** Sends requests until `untilMs`. Resolves when the last answer has arrived. */
  run(untilMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        if (performance.now() >= untilMs) {
          this.#socket.destroy();
          resolve();
          return;
        }
        this.#socket.write(`GET ${this.#load.nextPath()} HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\n\r\n`);
      };
      this.#socket.on('data', (chunk: Buffer) => {
        try {
          if (this.#take(chunk)) {
            next();
          }
        } catch (error) {
          this.#socket.destroy();
          reject(error);
        }
      });
      this.#socket.once('error', reject);
      this.#socket.once('end', () => reject(new Error('the Worker closed a connection')));
      next();
    });
  }

  /** Reads a chunk. Returns whether the answer is complete. */
  #take(chunk: Buffer): boolean {
    let bytes = chunk.byteLength;
    if (this.#missingBytes === 0) {
      this.#headers += chunk.toString('latin1', 0, Math.min(bytes, HEADERS_MAX));
      const end = this.#headers.indexOf('\r\n\r\n');
      if (end < 0) {
        if (this.#headers.length > HEADERS_MAX) {
          throw new Error('the headers do not end');
        }
        return false;
      }
      const head = this.#headers.slice(0, end + 2);
      const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? Number.NaN);
      if (!EXPECTED.test(head) || !Number.isInteger(length)) {
        throw new Error(`unexpected answer:\n${this.#headers.slice(0, 1000)}`);
      }
      // The part of this chunk that belongs to the body.
      const before = this.#headers.length - Math.min(bytes, HEADERS_MAX);
      bytes -= end + 4 - before;
      this.#missingBytes = length;
      this.#headers = '';
    }
    this.#missingBytes -= bytes;
    this.bodyBytes += bytes;
    if (this.#missingBytes > 0) {
      return false;
    }
    this.requests += 1;
    return true;
  }
}

export async function runLoad(load: Load): Promise<Loaded> {
  const { hostname, port } = new URL(load.url);
  const sockets = await Promise.all(
    Array.from(
      { length: load.connections },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect({ host: hostname, port: Number(port), noDelay: true }, () => resolve(socket));
          socket.once('error', reject);
        }),
    ),
  );
  const connections = sockets.map((socket) => new Connection(load, socket));
  const started = performance.now();
  await Promise.all(connections.map((connection) => connection.run(started + load.seconds * 1000)));
  const seconds = (performance.now() - started) / 1000;
  return {
    requests: connections.reduce((sum, { requests }) => sum + requests, 0),
    bodyBytes: connections.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
    seconds,
  };
}
