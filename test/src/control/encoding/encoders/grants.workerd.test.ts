/** Which objects a task may write: those of its plan, whatever an encoder asks for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scopeOf, taskScopeSchema, writableObject } from '../../../../../src/control/encoding/encoders/grants.ts';
import { audioTasks, chunkTasks, inspectTask } from '../../../../../src/control/encoding/plan/job-tasks.ts';
import { parseKey } from '../../../../../src/media/keys.ts';
import { planEncode } from '../../../../../src/protocol/plan.ts';
import { encode } from '../fake-encoder.ts';
import { FACTS, REF } from '../fixture.ts';

const job = { ...REF, jobId: 'job' };
const source = { key: 'sources/film/film.mp4', sizeBytes: 1000 };
const plan = planEncode(FACTS, { preset: 'medium', chunkSegments: 2 });
const [sound] = audioTasks(job, source, plan);
const [, second] = chunkTasks(job, source, plan);
if (sound === undefined || second === undefined) {
  throw new Error('the plan has no sound or only one chunk');
}
/** Segments 3 and 4 of v240, v360 and v480. */
const chunkScope = scopeOf(second.input, '7');

describe('a scope', () => {
  test('of an inspection allows no object', () => {
    const scope = scopeOf(inspectTask(job, source).input, '1');
    expect(scope).toEqual({ source: source.key, writes: null });
    expect(writableObject(scope, 'v240', 'init.mp4')).toBeNull();
  });

  test.each([second, sound])('allows what the task is to make: $id', async ({ input }) => {
    if (input.kind === 'inspect' || input.kind === 'inspect_sound') {
      throw new TypeError('an inspection makes nothing');
    }
    const { objects } = await encode(input, '7');
    const scope = taskScopeSchema.parse(JSON.parse(JSON.stringify(scopeOf(input, '7'))));
    for (const key of objects.keys()) {
      const path = key.split('/');
      expect(writableObject(scope, path[3] ?? '', path.at(-1) ?? '')?.key).toBe(key);
    }
  });

  test('builds the key, the type and the limit', () => {
    expect(writableObject(chunkScope, 'v360', '3.m4s')).toEqual({
      key: 'assets/film/ver1/v360/7/3.m4s',
      contentType: 'video/iso.segment',
      maxBytes: 256 * 1024 * 1024,
    });
    expect(writableObject(chunkScope, 'v360', 'init.mp4')).toMatchObject({
      key: 'assets/film/ver1/v360/init.mp4',
      maxBytes: 1024 * 1024,
    });
  });

  test.each([
    ['a segment of the chunk before', 'v360', '2.m4s'],
    ['a segment of the chunk after', 'v360', '5.m4s'],
    ['a track of another task', 'a128-en', '3.m4s'],
    ['a track of no task', 'v2160', '3.m4s'],
    ['a track that is a path', 'v360/../../..', '3.m4s'],
    ['a track that is empty', '', '3.m4s'],
    ['a step upwards', '..', 'current.json'],
    ['another attempt', 'v360/6', '3.m4s'],
    ['another attempt in the name', 'v360', '6/3.m4s'],
    ['the pointer', 'v360', '../../current.json'],
    ['a presentation', 'v360', 'presentation-1.json'],
    ['the keys of links', 'edge', 'keys.json'],
    ['a leading zero', 'v360', '03.m4s'],
    ['a sign', 'v360', '+3.m4s'],
    ['a fraction', 'v360', '3.5.m4s'],
    ['an exponent', 'v360', '3e0.m4s'],
    ['a number beyond all', 'v360', '99999999999999999999.m4s'],
    ['a line more', 'v360', '3.m4s\n'],
    ['an init segment of another case', 'v360', 'INIT.MP4'],
    ['a member of every object', 'constructor', 'init.mp4'],
  ])('does not allow %s', (_, track, name) => {
    expect(writableObject(chunkScope, track, name)).toBeNull();
  });

  test('allows nothing but init segments and segments of its own, whatever is asked for', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('v240', 'v360', 'init.mp4', '3.m4s', '4.m4s', '..', 'current.json', 'edge', 'keys.json', '7'),
    );
    const step = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(step, step, (track, name) => {
        const object = writableObject(chunkScope, track, name);
        if (object === null) {
          return;
        }
        const kind = parseKey(object.key);
        expect(['init', 'segment']).toContain(kind.kind);
        expect(kind).toMatchObject(REF);
        expect(kind).toMatchObject(kind.kind === 'segment' ? { attempt: '7' } : {});
      }),
    );
  });

  test.each([
    ['a source that is none', { source: 'edge/keys.json' }],
    ['a source with a step upwards', { source: 'sources/../edge/keys.json' }],
    ['a track that is a path', { writes: { ...chunkScope.writes, tracks: ['../edge'] } }],
    ['an attempt that is a path', { writes: { ...chunkScope.writes, attempt: '1/../..' } }],
    ['a version that is a path', { writes: { ...chunkScope.writes, version: '..' } }],
  ])('is not read with %s', (_, change) => {
    expect(taskScopeSchema.safeParse({ ...chunkScope, ...change }).success).toBe(false);
  });
});
