import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadPassword, socketPathOf, writePrivately } from './access';
import { DirectoryInUseError } from './lock';
import { stderrLogger } from './log';
import { createStore, type StoreOptions } from './server';
import { codeOf, messageOf } from './errors';

const USAGE = `npm run store -- [--port 27018] [--host 127.0.0.1] [--data-dir .linsta/store] [--socket] [--no-password]
  --socket       listen on a Unix socket in the data directory instead of a port
  --no-password  let every local user connect to the port`;

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
        socket: { type: 'boolean', default: false },
        'no-password': { type: 'boolean', default: false },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return fail(`--port must be a port number. Usage: ${USAGE}`);
    return { port, host: values.host, dataDir: values['data-dir'], socket: values.socket, open: values['no-password'] };
  } catch (error) {
    return fail(`${messageOf(error)}. Usage: ${USAGE}`);
  }
}

async function main() {
  const { dataDir, port, host, socket, open } = readArguments();
  try {
    const socketPath = socket ? socketPathOf(dataDir) : undefined;
    if (socket && socketPath === undefined) fail('--socket: this platform has no Unix sockets; use a port with its password.');
    const options: StoreOptions = {
      dataDir,
      port,
      host,
      logger: stderrLogger,
      ...(socketPath !== undefined ? { socketPath } : !open && { password: loadPassword(dataDir) }),
    };
    const store = await createStore(options);
    const urlFile = join(dataDir, 'url');
    writePrivately(urlFile, `${store.url}\n`);
    const shown = socketPath === undefined ? `mongodb://${host}:${store.port}` : store.url;
    process.stdout.write(
      `The store listens at ${shown}, data in ${dataDir}\n${open || socket ? '' : `It asks for a password: mongosh "$(cat ${urlFile})"; Compass takes the same URL.\n`}`,
    );
    const stop = () =>
      void store.close().then(() => {
        rmSync(urlFile, { force: true });
        process.exit(0);
      });
    process.once('SIGINT', stop).once('SIGTERM', stop);
  } catch (error) {
    const code = codeOf(error);
    const message = messageOf(error);
    if (error instanceof DirectoryInUseError) fail(`${message}; stop it first, or choose another with --data-dir.`);
    if (code === 'EADDRINUSE') fail(`Port ${port} is taken by another program; choose another with --port.`);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') fail(`The data directory ${dataDir} cannot be written: ${message}`);
    fail(message);
  }
}
void main();
