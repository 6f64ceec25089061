import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** A process that ran this long has recovered: the next crash begins with the short delay. */
const STEADY_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;

export interface Supervised {
  pid(): number | undefined;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * One process that is kept running: a crash is said, and it is started again after a growing delay.
 * Its output is handed on line by line, with its name.
 */
export function createSupervised(options: {
  name: string;
  file: string;
  args: string[];
  env: NodeJS.ProcessEnv;
  write(line: string): void;
  onPid(): void;
}): Supervised {
  const { name, write } = options;
  let child: ChildProcess | undefined;
  let delayMs = FIRST_DELAY_MS;
  let wanted = true;
  let timer: NodeJS.Timeout | undefined;

  const start = () => {
    const startedAt = Date.now();
    child = spawn(process.execPath, [options.file, ...options.args], { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => write(`${name} | ${line}`));
    options.onPid();
    child.once('exit', (code, signal) => {
      child = undefined;
      options.onPid();
      if (!wanted) return;
      if (Date.now() - startedAt > STEADY_MS) delayMs = FIRST_DELAY_MS;
      write(`${name} ended (${signal ?? `code ${code ?? '?'}`}); it is started again in ${delayMs} ms`);
      timer = setTimeout(start, delayMs);
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
    });
  };
  const end = async () => {
    clearTimeout(timer);
    if (child === undefined) return;
    const ending = child;
    const ended = once(ending, 'exit');
    ending.kill('SIGTERM');
    const force = setTimeout(() => ending.kill('SIGKILL'), STOP_DEADLINE_MS);
    await ended;
    clearTimeout(force);
  };
  start();
  return {
    pid: () => child?.pid,
    async restart() {
      wanted = false;
      await end();
      wanted = true;
      delayMs = FIRST_DELAY_MS;
      start();
    },
    async stop() {
      wanted = false;
      await end();
    },
  };
}
