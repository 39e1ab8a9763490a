/** wrangler.encoders.toml beside what it has to agree with. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { unstable_readConfig as readConfig } from 'wrangler';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const encoders = readConfig({ config: path('wrangler.encoders.toml') });
const serving = readConfig({ config: path('wrangler.toml') });

test('the fleet is as large as the platform lets it be', () => {
  expect(
    encoders.containers?.map((one: { class_name: string; max_instances: number }) => [
      one.class_name,
      String(one.max_instances),
    ]),
  ).toEqual([['EncoderContainer', encoders.vars['MAX_ENCODERS']]]);
});

test('the image is built from the repository, with the one Dockerfile', () => {
  const [container] = encoders.containers ?? [];
  expect(container).toMatchObject({
    image: path('encoder/Dockerfile'),
    image_build_context: path('').replace(/\/$/, ''),
  });
});

test('it asks the board of the Worker that serves, and has no address', () => {
  expect(encoders.durable_objects.bindings).toContainEqual(
    expect.objectContaining({ name: 'TASK_BOARD', class_name: 'TaskBoard', script_name: serving.name }),
  );
  expect(encoders).toMatchObject({ workers_dev: false, triggers: { crons: ['* * * * *'] } });
  expect(encoders.routes).toBeUndefined();
});

test('the Worker that serves has no container: whoever deploys it needs no Docker', () => {
  expect(serving.containers ?? []).toEqual([]);
});
