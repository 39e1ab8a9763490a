/** The CORS rules that `npm run cors` applies. */
import { describe, expect, it } from 'vitest';
import { corsRules, splitArguments } from '../../scripts/cors-rules.ts';

it('pages may send parts and read their entity tags, and no more', () => {
  expect(corsRules(['https://app.example', 'http://localhost:5173']).rules).toEqual([
    {
      id: 'sluice-direct-uploads',
      allowed: {
        origins: ['https://app.example', 'http://localhost:5173'],
        methods: ['PUT'],
        headers: ['content-type'],
      },
      exposeHeaders: ['ETag'],
      maxAgeSeconds: 7200,
    },
  ]);
});

describe('what is no origin is refused', () => {
  it.each([
    '*',
    'app.example',
    'https://app.example/',
    'https://App.example',
    'https://a.example:443',
    'ftp://a.example',
  ])('%s', (text) => {
    expect(() => corsRules(['https://app.example', text])).toThrow(`${text} is not an origin`);
  });

  it('none at all', () => {
    expect(() => corsRules([])).toThrow(/usage/);
  });
});

it('what follows the origins is for wrangler', () => {
  const args = ['https://a.example', '--config', 'other.toml', '-J', 'eu'];
  expect(splitArguments(args)).toEqual({
    origins: ['https://a.example'],
    options: ['--config', 'other.toml', '-J', 'eu'],
    config: 'other.toml',
  });
  expect(splitArguments(['https://a.example'])).toMatchObject({ options: [], config: 'wrangler.toml' });
});
