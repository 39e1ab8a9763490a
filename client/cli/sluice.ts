/** Finds the command of `sluice`, and tells how it ended. */
import { type Command, UsageError } from './command.ts';
import { failureOf } from './failure.ts';
import { follow } from './follow.ts';
import { links } from './links.ts';
import { list } from './list.ts';
import { printableJson } from './printable-json.ts';
import { createDisplay, type Output } from './progress.ts';
import { sign } from './sign.ts';
import { upload } from './upload.ts';

const COMMANDS: Readonly<Record<string, Command>> = { upload, list, links, follow, sign };

const HELP = `sluice: films in, links out

  sluice upload FILE…     upload films; run it again to go on after an interruption
  sluice list             the newest assets
  sluice links ASSET      URLs that play an asset
  sluice follow ASSET     show the progress of an encode until it ends
  sluice sign ASSET       the same URLs as links, signed here with a key of your own

  sluice COMMAND --help   options of a command

Environment:
  SLUICE_URL     address of the server, such as https://video.example
  SLUICE_TOKEN   API token. It is never an argument: those are seen by other users of the machine

With --json, results are lines of JSON on standard output, and an error is one on standard error.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted.
`;

/** A program ended by SIGINT. */
const INTERRUPTED = 130;

export type Terminal = {
  env: Readonly<Record<string, string | undefined>>;
  stdout: Output;
  stderr: Output;
  /** Ctrl-C. */
  signal: AbortSignal;
};

/** Resolves with the exit code. */
export async function sluice([name, ...args]: readonly string[], terminal: Terminal): Promise<number> {
  const { env, stdout, stderr, signal } = terminal;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const json = args.includes('--json');
  const display = createDisplay(stdout, stderr);
  try {
    if (command === undefined) {
      throw new UsageError(`There is no command ${name}. sluice --help lists them.`);
    }
    if (args.includes('--help') || args.includes('-h')) {
      stdout.write(command.help);
      return 0;
    }
    const isFine = await command.run({
      args,
      env,
      display,
      signal,
      tell: (result, lines) => {
        if (json) {
          stdout.write(`${printableJson(result)}\n`);
        } else {
          lines.forEach(display.print);
        }
      },
      showsProgress: !json,
    });
    return isFine ? 0 : 1;
  } catch (error) {
    display.show([]);
    if (signal.aborted) {
      display.printError(command?.interrupted ?? 'Interrupted.');
      return INTERRUPTED;
    }
    const { message, ...failure } = failureOf(error, env['SLUICE_URL']);
    display.printError(json ? printableJson({ error: { ...failure, message } }) : `error: ${message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}
