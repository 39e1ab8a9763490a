#!/usr/bin/env node
/** The process of `sluice`. */
import { argv, env, exit, stderr, stdout } from 'node:process';
import { stopOnSignal } from './signals.ts';
import { sluice } from './sluice.ts';

// Such as of `sluice list | head -1`, which wants no more.
stdout.on('error', () => exit(1));

// A connection that is still open must not keep the process.
exit(await sluice(argv.slice(2), { env, stdout, stderr, signal: stopOnSignal().signal }));
