/** Answers as the API does, for tests of clients: canned answers, and uploads by tus that can be cut off. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const ID = '0123456789abcdef';
const SECRET = 'abcdefghijklmnopqrstuvwxyz';
const LOCATION = `/v1/uploads/${ID}${SECRET}`;
export const UPLOAD = { id: ID, asset: 'asset00000000001', secret: SECRET };

export type FakeServer = {
  url: string;
  /** `METHOD path authorization`, of each request. */
  asked: string[];
  /** Of the upload. */
  bytes: Buffer;
  metadata: Record<string, string>;
  /** Offsets that PATCH requests began at. */
  offsets: number[];
  /** Of the next PATCH request, so many bytes are kept, and then its connection is cut. */
  cutAfterBytes: number | null;
  /** The header Sluice-Look, where bytes have arrived. */
  look: string | null;
  /** Called as a request arrives. */
  onRequest: (method: string) => void;
  /** By method and path. Anything else is answered 404. */
  answers: Record<string, { status?: number; body: unknown }>;
  close(): void;
};

export async function startFakeServer(): Promise<FakeServer> {
  const server = createServer((request, response) => void answer(fake, request, response).catch(() => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: FakeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    bytes: Buffer.alloc(0),
    metadata: {},
    offsets: [],
    cutAfterBytes: null,
    look: null,
    onRequest: () => {},
    answers: {},
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
}

let length = 0;

async function answer(fake: FakeServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  fake.asked.push(`${method} ${url} ${headers.authorization ?? '-'}`);
  fake.onRequest(method);
  const canned = fake.answers[`${method} ${url}`];
  if (canned !== undefined) {
    const { status = 200, body } = canned;
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  } else if (method === 'POST' && url.startsWith('/v1/uploads')) {
    length = Number(headers['upload-length']);
    fake.bytes = Buffer.alloc(0);
    fake.metadata = metadataOf(String(headers['upload-metadata']));
    response.writeHead(201, { location: LOCATION, 'tus-resumable': '1.0.0' }).end();
  } else if (method === 'PATCH' && url === LOCATION) {
    await append(fake, request, response);
  } else if (method === 'GET' && url === `/v1/uploads/${ID}`) {
    response.end(JSON.stringify({ state: 'finished', asset: UPLOAD.asset, error: null }));
  } else if (method === 'HEAD' && url === LOCATION) {
    response.writeHead(200, statusOf(fake)).end();
  } else {
    const problem = { type: 'about:blank', title: 'Not found', status: 404, code: 'not_found' };
    response.writeHead(404).end(JSON.stringify(problem));
  }
}

async function append(fake: FakeServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  fake.offsets.push(Number(request.headers['upload-offset']));
  const { cutAfterBytes } = fake;
  let left = cutAfterBytes ?? Number.POSITIVE_INFINITY;
  for await (const chunk of request) {
    fake.bytes = Buffer.concat([fake.bytes, chunk.subarray(0, left)]);
    left -= chunk.length;
    if (left <= 0) {
      fake.cutAfterBytes = null;
      request.destroy();
      return;
    }
  }
  response.writeHead(204, statusOf(fake)).end();
}

const statusOf = ({ bytes, look }: FakeServer) => ({
  'upload-offset': bytes.length,
  'upload-length': length,
  'tus-resumable': '1.0.0',
  ...(look === null ? {} : { 'sluice-look': look }),
  ...(bytes.length === length ? { 'sluice-asset': UPLOAD.asset } : {}),
});

const metadataOf = (header: string): Record<string, string> =>
  Object.fromEntries(
    header.split(',').map((pair) => {
      const [name = '', value = ''] = pair.split(' ');
      return [name, Buffer.from(value, 'base64').toString()];
    }),
  );
