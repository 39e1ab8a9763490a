import { describe, expect, test } from 'vitest';
import { type ClockBreaks, ClockReader, type TimedPacket } from '../../../encoder/inspect/clock-breaks.ts';

const FRAME = 0.04;
const SOUND = 0.024;

/** Pictures and sound from `begin` on, as they lie in a file: the sound a little behind. `stream` alone if it is named. */
function part(begin: number, seconds: number, options: { soundLate?: number; only?: number } = {}): TimedPacket[] {
  const { soundLate = 0, only } = options;
  const times = (stream: number, step: number, from: number): TimedPacket[] =>
    Array.from({ length: Math.round(seconds / step) }, (_, index) => {
      const time = from + index * step;
      // Shown out of order, two frames later at most.
      const pts = stream === 0 ? time + ((index + 2) % 3) * FRAME : time;
      return { stream, dts: time, pts, duration: step };
    });
  const packets = [...times(0, FRAME, begin - 2 * FRAME), ...times(1, SOUND, begin + soundLate)];
  const inFile = ({ dts, stream }: TimedPacket): number => (dts ?? 0) + (stream === 1 ? 0.3 : 0);
  return packets
    .filter(({ stream }) => only === undefined || stream === only)
    .toSorted((a, b) => inFile(a) - inFile(b));
}

function breaksOf(packets: readonly TimedPacket[], streams = 2): ClockBreaks {
  const reader = new ClockReader(streams);
  for (const packet of packets) {
    reader.read(packet);
  }
  return reader.finish();
}

describe('ClockReader', () => {
  test.each([
    ['one clock', part(1, 20)],
    ['a hole of the sound', [...part(1, 20), ...part(21, 20, { only: 0 }), ...part(41, 5)]],
    ['a hole of the picture', [...part(1, 20), ...part(21, 20, { only: 1 }), ...part(41, 5)]],
    ['a common hole of 9 s', [...part(1, 4), ...part(14, 4)]],
    ['sound that begins after a minute', [...part(1, 60, { only: 0 }), ...part(61, 5)]],
    ['a step back of 50 ms', [...part(1, 4), ...part(4.95, 4)]],
  ])('%s is no break', (_, packets) => {
    expect(breaksOf(packets)).toEqual({ shifts: [], places: [] });
  });

  test.each([
    ['restarts', 1],
    ['jumps an hour ahead', 3605],
    ['goes back two seconds', 3],
    ['jumps 11 s ahead', 16],
  ])('the clock %s: the part follows, and sound and picture keep their distance', (_, begin) => {
    const { shifts, places } = breaksOf([...part(1, 4), ...part(begin, 4, { soundLate: 0.01 })]);
    expect(shifts.map(({ stream, packet }) => [stream, packet])).toEqual([
      [0, 100],
      [1, 167],
    ]);
    for (const { seconds } of shifts) {
      expect(begin + seconds).toBeCloseTo(5, 1);
    }
    expect(shifts[0]?.seconds).toBe(shifts[1]?.seconds);
    expect(places).toEqual([expect.closeTo(5, 1)]);
  });

  test('the part begins where the longest stream of the part before ended', () => {
    const { shifts } = breaksOf([...part(1, 4), ...part(5, 3, { only: 1 }), ...part(1, 4)]);
    expect(shifts.map(({ seconds }) => seconds)).toEqual([expect.closeTo(7, 1), expect.closeTo(7, 1)]);
  });

  test('several breaks', () => {
    const { shifts, places } = breaksOf([...part(1, 4), ...part(100, 4), ...part(1, 4), ...part(1, 4)]);
    expect(places).toEqual([5, 9, 13].map((at) => expect.closeTo(at, 1)));
    expect(shifts.filter(({ stream }) => stream === 0).map(({ packet }) => packet)).toEqual([100, 200, 300]);
  });

  test('a part without sound, and sound again after it', () => {
    const { shifts } = breaksOf([...part(1, 4), ...part(1, 15, { only: 0 }), ...part(1, 4)]);
    const [second, third] = shifts.filter(({ stream }) => stream === 0);
    expect(second).toMatchObject({ packet: 100, seconds: expect.closeTo(4, 1) });
    expect(third).toMatchObject({ packet: 475, seconds: expect.closeTo(19, 1) });
    expect(shifts.filter(({ stream }) => stream === 1).at(-1)).toEqual({
      stream: 1,
      packet: 167,
      seconds: third?.seconds,
    });
  });

  test('a single damaged time is mended, and nothing else is moved', () => {
    const packets = part(1, 8);
    const damaged = packets.findIndex(({ stream, dts }) => stream === 0 && (dts ?? 0) > 4);
    const mended = packets.map((packet, index) =>
      index === damaged ? { ...packet, dts: (packet.dts ?? 0) + 5000, pts: (packet.pts ?? 0) + 5000 } : packet,
    );
    const { shifts, places } = breaksOf(mended);
    expect(places).toEqual([]);
    expect(shifts).toEqual([
      { stream: 0, packet: expect.any(Number), seconds: expect.closeTo(-5000, 0) },
      { stream: 0, packet: (shifts[0]?.packet ?? 0) + 1, seconds: 0 },
    ]);
  });

  test('the picture alone', () => {
    const alone = [...part(1, 4, { only: 0 }), ...part(1, 4, { only: 0 })];
    expect(breaksOf(alone, 1).shifts).toEqual([{ stream: 0, packet: 100, seconds: expect.closeTo(4, 6) }]);
  });
});
