/** What set-up decides from: ffmpeg's own description, and the two lock files of npm. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ffmpegVersionProblem, lockDifference } from '../../scripts/setup-checks.mjs';

const PARTS = 'configuration: --prefix=/usr --enable-gpl --enable-libx264 --enable-libzimg --enable-shared';
const versionText = (version: string, parts = PARTS) => `ffmpeg version ${version} Copyright (c) 2000-2025\n${parts}\n`;

describe('ffmpegVersionProblem', () => {
  it.each([
    '5.1.9-0+deb12u1',
    '5.1',
    '6.1.1-3ubuntu5',
    'n7.1',
    '8.0.1-static',
    '10.0',
    'N-118000-g0123abc',
    '2026-01-01-git-1',
  ])('takes %s', (version) => {
    expect(ffmpegVersionProblem(versionText(version))).toBeNull();
  });

  it.each([
    ['4.4.2-0ubuntu0.22.04.1', 'ffmpeg 4.4 is too old (at least 5.1 is needed)'],
    ['5.0.1', 'ffmpeg 5.0 is too old (at least 5.1 is needed)'],
    ['n4.4', 'ffmpeg 4.4 is too old (at least 5.1 is needed)'],
  ])('refuses %s', (version, problem) => {
    expect(ffmpegVersionProblem(versionText(version))).toBe(problem);
  });

  it('refuses a build without what the encoder needs', () => {
    expect(ffmpegVersionProblem(versionText('7.1', 'configuration: --enable-libx264'))).toBe(
      'ffmpeg was built without zscale',
    );
    expect(ffmpegVersionProblem(versionText('7.1', ''))).toBe('ffmpeg was built without libx264 and zscale');
  });
});

describe('lockDifference', () => {
  const wanted = {
    packages: {
      '': { version: '1.0.0' },
      'node_modules/a': { version: '1.2.3', integrity: 'sha512-a' },
      'node_modules/other-platform': { version: '1.0.0', optional: true },
    },
  };

  it('takes an install without the packages for other platforms', () => {
    expect(lockDifference(wanted, { packages: { 'node_modules/a': wanted.packages['node_modules/a'] } })).toBeNull();
  });

  it.each([
    ['a missing package', {}],
    ['another version', { 'node_modules/a': { version: '1.2.4', integrity: 'sha512-a' } }],
    ['other bytes', { 'node_modules/a': { version: '1.2.3', integrity: 'sha512-b' } }],
    ['an optional one of another version', { ...wanted.packages, 'node_modules/other-platform': { version: '2.0.0' } }],
  ])('sees %s', (_name, packages) => {
    expect(lockDifference(wanted, { packages })).not.toBeNull();
  });
});

it('every command that runs installed packages installs them first', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const commands = Object.entries<string>(scripts).filter(([, command]) => command.includes('node_modules/'));
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter(([, command]) => !command.startsWith('node scripts/setup.mjs '))).toEqual([]);
});
