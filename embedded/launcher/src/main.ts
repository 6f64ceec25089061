import { resolve } from 'node:path';
import { ConfigError } from '@linsta/core';
import { DamagedFileError, DirectoryInUseError, NewerFormatError } from '@linsta/embedded-mongo';
import { startTelemetry } from '@linsta/service';
import { startAllInOne, type AllInOne } from './all-in-one';
import { DEMO_USERS, ensureDemoUsers } from './demo-users';

const dataDir = resolve(process.env.DATA_DIR ?? '.linsta');
const port = process.env.PORT ?? '5000';
const loopback = ['', 'localhost', '127.0.0.1', '::1'].includes(process.env.HOST ?? '');
const hasAccounts = process.env.LOCAL_ACCOUNTS !== 'false';
const demo = (process.env.MONGO_URL ?? '') === '' && process.env.NODE_ENV !== 'production' && loopback && hasAccounts;

const screen = (url: string) => {
  const [ann] = DEMO_USERS;
  const lines = [
    '',
    `  Linsta is running at ${url}`,
    `  Data is kept in ${dataDir}`,
    ...(demo && ann !== undefined
      ? [
          '',
          '  Two people to try it with:',
          ...DEMO_USERS.map(({ name, email, password }) => `    ${name}   ${email}   ${password}`),
          '',
          '  Try this:',
          `    curl -s ${url}/api/auth/login -H 'content-type: application/json' -d '{"email":"${ann.email}","password":"${ann.password}"}'`,
        ]
      : []),
    '',
    '  Ctrl-C stops it.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
};

const explain = (error: unknown): { sentence: string; status: number } => {
  const { code, message, path } = error as NodeJS.ErrnoException;
  if (error instanceof ConfigError) return { sentence: message, status: 78 };
  if (error instanceof DirectoryInUseError)
    return { sentence: `${message}; stop that one first, or choose another directory with DATA_DIR.`, status: 1 };
  if (error instanceof DamagedFileError || error instanceof NewerFormatError) return { sentence: message, status: 1 };
  if (code === 'EADDRINUSE')
    return { sentence: `Port ${port} is taken by another program; choose another, e.g. PORT=5001 npm start.`, status: 1 };
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST' || code === 'ENOENT')
    return { sentence: `The data directory ${path ?? dataDir} cannot be written; choose another with DATA_DIR.`, status: 1 };
  return { sentence: `Linsta could not start: ${error instanceof Error ? (error.stack ?? message) : String(error)}`, status: 1 };
};

/**
 * http-proxy still uses `util._extend`, of which newer Nodes warn; the operator cannot act on that
 * warning.
 */
function withoutWarningsOf(code: string): void {
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]) => {
    if (!args.includes(code)) emitWarning(...args);
  };
}

/**
 * Without its database the product serves nothing: it ends, so that a supervisor starts it again.
 */
function onStoreDeath(error: Error): void {
  process.stderr.write(`The embedded store ended: ${error.message}. Linsta stops; what was acknowledged is on disk. Start it again.\n`);
  process.exit(1);
}

async function main() {
  withoutWarningsOf('DEP0060');
  const stopTelemetry = await startTelemetry('all-in-one', process.env);
  let running: AllInOne | undefined;
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    process.stdout.write('\n  Stopping ...\n');
    void (running?.stop() ?? Promise.resolve()).then(stopTelemetry).finally(() => process.exit(0));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    running = await startAllInOne({ dataDir, env: process.env, onStoreDeath, ...(demo && { demoUsers: DEMO_USERS }) });
    if (demo) await ensureDemoUsers(running.url);
    screen(running.url);
  } catch (error) {
    const { sentence, status } = explain(error);
    process.stderr.write(`${sentence}\n`);
    await running?.stop();
    process.exit(status);
  }
}
void main();
