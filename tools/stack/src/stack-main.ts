import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MissingPartError, SCALABLE, startStack, type Scalable, type Stack } from './stack';

const USAGE = 'npm run stack -- [--scale realtime=2] [--scale chat=2] [--port 5000] [--data-dir .linsta/stack]';
const COLOURS = [36, 33, 35, 32, 34, 31, 96, 93, 95, 92];
const READY_MS = 60_000;

const fail = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
};

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        scale: { type: 'string', multiple: true, default: [] },
        port: { type: 'string', default: process.env.PORT ?? '5000' },
        'data-dir': { type: 'string', default: process.env.DATA_DIR ?? '.linsta/stack' },
      },
    });
    const scale: Partial<Record<Scalable, number>> = {};
    for (const entry of values.scale) {
      const [name = '', count = ''] = entry.split('=');
      if (!SCALABLE.some((known) => known === name) || !/^[1-9]$/.test(count))
        fail(`--scale takes e.g. realtime=2, with 1 to 9 of ${SCALABLE.join(', ')}`);
      scale[name as Scalable] = Number(count);
    }
    return { scale, port: Number(values.port), dataDir: resolve(values['data-dir']) };
  } catch (error) {
    return fail(`${(error as Error).message}\nUsage: ${USAGE}`);
  }
}

/** Colours the names where the output is a terminal. */
const colourful = (line: string): string => {
  const [name = ''] = line.split(' ');
  if (!process.stdout.isTTY) return line;
  const sum = [...name].reduce((total, character) => total + character.charCodeAt(0), 0);
  return `\u001b[${COLOURS[sum % COLOURS.length] ?? 36}m${name}\u001b[0m${line.slice(name.length)}`;
};
const write = (line: string) => void process.stdout.write(`${colourful(line)}\n`);

async function untilReady({ urls }: Stack): Promise<boolean> {
  for (const until = Date.now() + READY_MS; Date.now() < until;) {
    const states = await Promise.all(
      urls.map((url) =>
        fetch(`${url}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    );
    if (states.every(Boolean)) return true;
    await new Promise((done) => setTimeout(done, 200));
  }
  return false;
}

async function main() {
  const options = readArguments();
  const root = join(__dirname, '..', '..', '..');
  let stack: Stack | undefined;
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    write('stack | stopping');
    void (stack?.stop() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    stack = await startStack({ ...options, root, env: process.env, write });
  } catch (error) {
    return fail(error instanceof MissingPartError ? error.message : `The stack could not start: ${(error as Error).message}`);
  }
  if (await untilReady(stack)) {
    stack.table().forEach(write);
    write(`stack | ready at ${stack.urls.join(' and ')}`);
  } else if (!stopping) write('stack | not ready after a minute; the lines above say why');
}
void main();
