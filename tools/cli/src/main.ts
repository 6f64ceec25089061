import { ConfigError, messageOf } from '@linsta/core';
import { CommandError } from './command-error';
import { PARKED_USAGE } from './parked/command';

const USAGE = `Usage:
  ${PARKED_USAGE}
      events that no handler could process: look at them, try them again, discard them
  linsta config [SERVICE]
      the configuration in force, with secrets masked`;
const EXIT_CONFIG = 78;

/** Loads the code of one command only: each needs other parts of the product. */
async function run([command, ...args]: string[]): Promise<void> {
  if (command === 'parked') return (await import('./parked/run.js')).runParked(args);
  if (command === 'config') return (await import('./configuration/run.js')).runConfig(args);
  if (command === 'help' || command === '--help') return void process.stdout.write(`${USAGE}\n`);
  throw new CommandError(
    `${command === undefined ? 'A command is missing.' : `There is no command ${JSON.stringify(command)}.`}\n${USAGE}`,
  );
}

run(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
  },
);
