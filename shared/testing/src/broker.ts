import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '@linsta/core';
import { createTemporaryDirectory } from './temporary';
import { waitFor } from './wait-for';

const BIN = '/usr/lib/rabbitmq/bin';
/** Why suites that need a broker of their own cannot run here; undefined where they can. */
export const noBroker = existsSync(join(BIN, 'rabbitmq-server'))
  ? undefined
  : 'RabbitMQ is not installed (Debian: apt-get install rabbitmq-server)';

/**
 * A RabbitMQ of the test's own: free ports, its own directory, killed and started again at will.
 * Takes about five seconds to start.
 */
export async function createBroker() {
  const directory = createTemporaryDirectory();
  const [port = 0, distribution = 0, epmd = 0] = await freePorts(3);
  const node = `t${port}@localhost`;
  for (const folder of ['mnesia', 'log', 'home']) mkdirSync(join(directory.path, folder));
  writeFileSync(join(directory.path, 'enabled_plugins'), '[].\n');
  writeFileSync(join(directory.path, 'rabbitmq.conf'), `listeners.tcp.default = 127.0.0.1:${port}\nloopback_users = none\n`);
  const pidFile = join(directory.path, 'pid');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(directory.path, 'mnesia'),
    RABBITMQ_LOG_BASE: join(directory.path, 'log'),
    RABBITMQ_PID_FILE: pidFile,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(directory.path, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(directory.path, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
    HOME: join(directory.path, 'home'),
    ERL_EPMD_PORT: String(epmd),
  };
  let child: ChildProcess | undefined;
  const url = `amqp://guest:guest@127.0.0.1:${port}`;

  const ctl = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync(join(BIN, 'rabbitmqctl'), ['-n', node, '-q', ...args], {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`rabbitmqctl ${args.join(' ')}: ${stderr || stdout}`);
    return stdout;
  };
  const kill = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    // The server is a child of a shell; the pid file names the machine itself.
    const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : (child.pid ?? 0);
    process.kill(pid, signal);
    await ended;
  };
  return {
    url,
    ctl,
    kill,
    async start() {
      child = spawn(join(BIN, 'rabbitmq-server'), [], { env, stdio: 'ignore' });
      const started = child;
      await waitFor(
        async () => {
          if (started.exitCode !== null) throw new Error(`the broker ended with ${started.exitCode}`);
          const { status } = spawnSync(join(BIN, 'rabbitmqctl'), ['-n', node, '-q', 'await_startup', '--timeout', '30'], {
            env,
            timeout: 40_000,
          });
          return status === 0;
        },
        'the broker',
        60_000,
      );
    },
    /** Up, but silent. */
    async pause(forMs: number) {
      const pid = Number(readFileSync(pidFile, 'utf8'));
      process.kill(pid, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, forMs));
      process.kill(pid, 'SIGCONT');
    },
    /** Stops it as an operator would, and waits for the end. */
    stop: () => kill('SIGTERM'),
    async remove() {
      await kill('SIGKILL');
      spawnSync('epmd', ['-port', String(epmd), '-kill'], { env });
      directory.remove();
    },
  };
}
export type Broker = Awaited<ReturnType<typeof createBroker>>;
