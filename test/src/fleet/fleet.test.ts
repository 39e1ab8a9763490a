/** What a container is started with and when it is stopped; the class itself needs the platform. */
import { beforeEach, expect, test, vi } from 'vitest';
import { stopIfIdle } from '../../../src/fleet/keep-fleet.ts';
import { encoderVariables, settingsOf } from '../../../src/fleet/settings.ts';

const TOKEN = 'token-0123456789-0123456789-0123456789';
const VARIABLES = {
  SLUICE_URL: 'https://sluice.example',
  ENCODER_TOKEN: TOKEN,
  MAX_ENCODERS: '20',
  ENCODER_SLOTS: '2',
};

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

test('an encoder gets what it needs, under the name that the board knows', () => {
  const { MAX_ENCODERS, ...needed } = VARIABLES;
  expect(encoderVariables(settingsOf(VARIABLES), 'container-3')).toEqual({
    ...needed,
    ENCODER_ID: 'container-3',
    DRAIN_SECONDS: '880',
  });
});

test.each(Object.keys(VARIABLES))('without a good %s nothing starts, and no value is told', (name) => {
  for (const value of [undefined, `ftp://${TOKEN}`.slice(0, 24)]) {
    const start = () => settingsOf({ ...VARIABLES, [name]: value });
    expect(start).toThrow(name);
    expect(start).toThrow(/^((?!0123456789)[\s\S])*$/);
  }
});

const holding = (tasks: number) => async () => [{ encoder: { id: 'container-3' }, tasks }];

test('an encoder with a task is left alone', async () => {
  const stop = vi.fn(async () => {});
  await stopIfIdle('container-3', { encoders: holding(1), stop });
  expect(stop).not.toHaveBeenCalled();
});

test('an idle one is stopped', async () => {
  const stop = vi.fn(async () => {});
  await stopIfIdle('container-3', { encoders: holding(0), stop });
  expect(stop).toHaveBeenCalledOnce();
});

test.each([
  ['fails', () => Promise.reject(new Error('away'))],
  ['hangs', () => new Promise<never>(() => {})],
])('while the board %s nobody is stopped', async (_, encoders) => {
  const stop = vi.fn(async () => {});
  await stopIfIdle('container-3', { encoders, stop }, 10);
  expect(stop).not.toHaveBeenCalled();
});
