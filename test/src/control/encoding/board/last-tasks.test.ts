/** Who is to do the last tasks: by tables, and by what must hold for any fleet. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstToFinish, type Slot, taskFor } from '../../../../../src/control/encoding/board/last-tasks.ts';

const tasks = (...weights: number[]) => weights.map((weight, index) => ({ id: index, weight }));
const slot = (speed: number, freeInSeconds = 0): Slot => ({ speed, freeInSeconds });

describe('taskFor', () => {
  it.each([
    { name: 'gives what nobody else is there for', speed: 1, weights: [10], others: [], gets: 0 },
    { name: 'keeps the last from a slow one', speed: 1, weights: [20], others: [slot(4, 10)], gets: undefined },
    { name: 'gives it where the fast one is busy longer', speed: 1, weights: [20], others: [slot(4, 16)], gets: 0 },
    { name: 'gives it where both would end together', speed: 1, weights: [20], others: [slot(4, 15)], gets: 0 },
    // The fast one has done the first after 14 s, and would have done the second after 19 s.
    { name: 'counts two for a fast one', speed: 1, weights: [20, 20], others: [slot(4, 9)], gets: undefined },
    { name: 'but not three', speed: 1, weights: [20, 20, 20], others: [slot(4, 9)], gets: 2 },
    { name: 'gives a slow one what is small', speed: 1, weights: [40, 30, 12], others: [slot(4, 1)], gets: 2 },
    { name: 'gives a fast one the first', speed: 4, weights: [40, 30, 12], others: [slot(1, 1)], gets: 0 },
    { name: 'leaves one for each that is faster', speed: 1, weights: [20, 20], others: [slot(4, 10), slot(4, 10)] },
  ])('$name', ({ speed, weights, others, gets }) => {
    expect(taskFor(speed, tasks(...weights), others)?.id).toBe(gets);
  });

  it('leaves the slots that it is given as they are', () => {
    const others = [slot(4, 10)];
    taskFor(1, tasks(20, 20), others);
    expect(others).toEqual([slot(4, 10)]);
  });
});

const speeds = fc.double({ min: 0.1, max: 10, noNaN: true });
const weights = fc.array(fc.double({ min: 0.1, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });
const slots = fc.array(fc.record({ speed: speeds, freeInSeconds: fc.double({ min: 0, max: 100, noNaN: true }) }), {
  maxLength: 20,
});

describe('for any fleet and any tasks', () => {
  it('whoever is as fast as the fastest gets the first', () => {
    fc.assert(
      fc.property(weights, slots, speeds, (heavy, others, speed) => {
        const fastest = Math.max(speed, ...others.map((other) => other.speed));
        expect(taskFor(fastest, tasks(...heavy), others)?.id).toBe(0);
      }),
    );
  });

  it('with equal speeds nobody is passed over', () => {
    fc.assert(
      fc.property(weights, slots, speeds, (heavy, others, speed) => {
        const equal = others.map((other) => ({ ...other, speed }));
        expect(taskFor(speed, tasks(...heavy), equal)?.id).toBe(0);
      }),
    );
  });

  it('of those that are idle together, one gets a task', () => {
    fc.assert(
      fc.property(weights, fc.array(speeds, { minLength: 1, maxLength: 20 }), (heavy, idle) => {
        const got = idle.map((speed, index) =>
          taskFor(
            speed,
            tasks(...heavy),
            idle.filter((_, other) => other !== index).map((other) => slot(other)),
          ),
        );
        expect(got.some((task) => task !== undefined)).toBe(true);
      }),
    );
  });

  it('who is passed over would have ended last', () => {
    fc.assert(
      fc.property(weights, slots, speeds, (heavy, others, speed) => {
        fc.pre(taskFor(speed, tasks(...heavy), others) === undefined);
        const [first = slot(speed), ...rest] = others.map((other) => ({ ...other }));
        for (const weight of heavy) {
          const next = firstToFinish([first, ...rest], weight);
          next.freeInSeconds += weight / next.speed;
          expect(next.freeInSeconds).toBeLessThan(weight / speed);
        }
      }),
    );
  });
});
