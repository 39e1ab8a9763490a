/**
 * A canary: a file that notices being opened, and ports that notice being used. Whoever opens a named pipe for reading
 * waits until it has a writer, so that no reader is missed, however seldom we look.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LOOK_MS = 20;
/** Linux lists bound UDP ports here, in hexadecimal, as `address:port`. */
const UDP_TABLE = '/proc/net/udp';
/** Elsewhere the UDP canary is blind. */
export const SEES_UDP = existsSync(UDP_TABLE);

export type Trip = 'file' | 'connection' | 'udp';

export type Canary = {
  /** A local file that may not be read. */
  path: string;
  /** An internal address that may not be connected to. */
  url: string;
  /** A UDP port that may not be opened. */
  port: number;
  trips: ReadonlySet<Trip>;
  close(): Promise<void>;
};

function hasReader(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false; // ENXIO: nobody reads.
  }
}

const isBound = (port: number): boolean =>
  SEES_UDP && readFileSync(UDP_TABLE, 'utf8').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `);

/** Names end in what media files end in, as some of ffmpeg's script readers refuse other names by themselves. */
export async function openCanary(folder: string, name: string): Promise<Canary> {
  const path = join(folder, `canary-${name}.ts`);
  await promisify(execFile)('mkfifo', ['-m', '600', path]);
  const trips = new Set<Trip>();
  const server = createServer((socket) => {
    trips.add('connection');
    socket.on('error', () => {});
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n', () => socket.destroy());
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(Object(server.address()).port));
  });
  const timer = setInterval(() => {
    if (hasReader(path)) {
      trips.add('file');
    }
    if (isBound(port)) {
      trips.add('udp');
    }
  }, LOOK_MS);
  return {
    path,
    url: `http://127.0.0.1:${port}/canary.ts`,
    port,
    trips,
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        server.close(() => resolve());
      }),
  };
}
