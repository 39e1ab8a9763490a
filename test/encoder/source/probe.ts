/** What ffprobe lists of a file. */
import { execFileSync } from 'node:child_process';

export const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });

type ProbedPacket = { pts: number; dts: number; duration: number; size: number; pos: number; flags: string };

/** In decode order, with the times of the media timeline. */
export function packetsOf(path: string, stream: 'v' | 'a'): ProbedPacket[] {
  const entries = ['-select_streams', `${stream}:0`, '-show_entries', 'packet=pts,dts,duration,size,pos,flags'];
  const json = run('ffprobe', '-v', 'error', '-ignore_editlist', '1', ...entries, '-of', 'json', path);
  const { packets } = JSON.parse(json) as { packets: Record<string, string | number>[] };
  const numbers = (packet: Record<string, string | number>, name: string): number => Number(packet[name] ?? 0);
  return packets.map((packet) => ({
    pts: numbers(packet, 'pts'),
    dts: numbers(packet, 'dts'),
    duration: numbers(packet, 'duration'),
    size: numbers(packet, 'size'),
    pos: numbers(packet, 'pos'),
    flags: String(packet['flags']),
  }));
}
