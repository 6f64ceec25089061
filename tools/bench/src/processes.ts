import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

const pinned = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;
export const pinning = pinned ? 'servers on core 0, load on core 1' : 'not pinned: one core, or no taskset';
/** Binds this process, and what it starts later, to the load's core. */
export const pinSelf = () => void (pinned && spawnSync('taskset', ['-apc', '1', String(process.pid)]));

export interface Running {
  pid: number;
  /** The first thing it printed that looked like a URL. */
  url: string;
  end(): Promise<void>;
}
export async function startServer(script: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  // With the flags this run was given, so that every server here has what `npm start` gives the
  // product.
  const node = [process.execPath, ...process.execArgv, script];
  const command = pinned ? ['taskset', '-c', '0', ...node] : node;
  const child: ChildProcess = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const [found] = /http:\/\/[\w.]+:\d+/.exec(printed) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
  return {
    pid: child.pid ?? 0,
    url,
    end: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      }),
  };
}

/** Resident memory, bytes; Linux only. */
export const memoryOf = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
/** Processor time so far, in seconds; Linux only. */
export const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
