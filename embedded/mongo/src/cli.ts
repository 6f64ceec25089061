import { parseArgs } from 'node:util';
import { DirectoryInUseError } from './lock';
import { stderrLogger } from './log';
import { createStore } from './server';

const USAGE = 'npm run store -- [--port 27018] [--host 127.0.0.1] [--data-dir .linsta/store]';

const fail = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '27018' },
        host: { type: 'string', default: '127.0.0.1' },
        'data-dir': { type: 'string', default: '.linsta/store' },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return fail(`--port must be a port number. Usage: ${USAGE}`);
    return { port, host: values.host, dataDir: values['data-dir'] };
  } catch (error) {
    return fail(`${(error as Error).message}. Usage: ${USAGE}`);
  }
}

async function main() {
  const options = readArguments();
  try {
    const store = await createStore({ ...options, logger: stderrLogger });
    process.stdout.write(`The store listens at ${store.url}, data in ${options.dataDir}\n`);
    const stop = () => void store.close().then(() => process.exit(0));
    process.once('SIGINT', stop).once('SIGTERM', stop);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof DirectoryInUseError) fail(`${message}; stop it first, or choose another with --data-dir.`);
    if (code === 'EADDRINUSE') fail(`Port ${options.port} is taken by another program; choose another with --port.`);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
      fail(`The data directory ${options.dataDir} cannot be written: ${message}`);
    fail(message);
  }
}
void main();
