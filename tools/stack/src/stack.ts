import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { databaseEnv, freePorts, loadSecrets } from '@linsta/core';
import { socketPathOf, storeUrlOf } from '@linsta/embedded-mongo';
import { createSupervised, type Supervised } from './supervised';

export const SCALABLE = ['gateway', 'realtime', 'chat', 'notification', 'users', 'posts', 'events'] as const;
export type Scalable = (typeof SCALABLE)[number];

export interface StackOptions {
  root: string;
  dataDir: string;
  env: NodeJS.ProcessEnv;
  scale: Partial<Record<Scalable, number>>;
  /** Of the first gateway; 0 for any. */
  port: number;
  write(line: string): void;
}
/** Something that the stack does not bring itself is missing; the message says how to get it. */
export class MissingPartError extends Error {}

const HOW = {
  AMQP_URL: `RabbitMQ is needed: services that run as separate processes exchange events through it.
  Debian    apt-get install rabbitmq-server
  Homebrew  brew install rabbitmq && brew services start rabbitmq
  Docker    docker run -d -p 127.0.0.1:5672:5672 rabbitmq:4
Then say where it is: AMQP_URL=amqp://guest:guest@127.0.0.1:5672 npm run stack`,
  REDIS_URL: `Redis is needed for more than one realtime process.
  Debian    apt-get install redis-server
  Homebrew  brew install redis && brew services start redis
  Docker    docker run -d -p 127.0.0.1:6379:6379 redis:8
Then say where it is: REDIS_URL=redis://127.0.0.1:6379 npm run stack -- --scale realtime=2`,
};

const answers = (url: string, fallbackPort: number) =>
  new Promise<boolean>((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port || fallbackPort), timeout: 3_000 }, () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false)).once('timeout', () => (socket.destroy(), resolve(false)));
  });
async function assertThere(name: keyof typeof HOW, url: string | undefined, port: number): Promise<void> {
  if (url === undefined || url === '') throw new MissingPartError(HOW[name]);
  if (!(await answers(url, port))) throw new MissingPartError(`Nothing answers at ${name}.\n${HOW[name]}`);
}

export interface Member {
  service: string;
  name: string;
  file: string;
  args?: string[];
  ports: { port: number; internalPort?: number };
}

/** Every service as processes of its own, wired by URL as in docker compose. */
export async function startStack({ root, dataDir, env, scale, port, write }: StackOptions) {
  await assertThere('AMQP_URL', env.AMQP_URL, 5672);
  if ((scale.realtime ?? 1) > 1) await assertThere('REDIS_URL', env.REDIS_URL, 6379);
  mkdirSync(dataDir, { recursive: true });

  const members: Member[] = [];
  const add = async (service: string, file: string, args?: string[], wantedPort?: number) => {
    const count = scale[service as Scalable] ?? 1;
    for (let at = 1; at <= count; at += 1) {
      const [own = 0, internalPort = 0] = await freePorts(2);
      const ports = { port: at === 1 && wantedPort !== undefined && wantedPort > 0 ? wantedPort : own, internalPort };
      members.push({ service, name: count === 1 ? service : `${service}-${at}`, file, ports, ...(args !== undefined && { args }) });
    }
  };
  const ownStore = (env.MONGO_URL ?? '') === '';
  if (ownStore) await add('store', 'embedded/mongo/dist/cli.js');
  for (const service of SCALABLE.filter((name) => name !== 'gateway')) await add(service, `services/${service}/dist/main.js`);
  await add('gateway', 'gateway/dist/main.js', undefined, port);

  const of = (service: string) => members.filter((member) => member.service === service);
  const urls = (service: string, which: 'port' | 'internalPort') =>
    of(service)
      .map(({ ports }) => `http://127.0.0.1:${ports[which] ?? 0}`)
      .join(',');
  const first = (list: string) => list.split(',')[0] ?? '';
  const several = new Set(['REALTIME_URL', 'REALTIME_INTERNAL_URL', 'CHAT_INTERNAL_URL']);
  // Only the owner of the data directory reaches its store: by a Unix socket, or by its password.
  const storeDir = join(dataDir, 'store');
  const storeSocket = ownStore ? socketPathOf(storeDir) : undefined;
  const ownStoreUrl = ownStore ? storeUrlOf(storeDir, of('store')[0]?.ports.port ?? 0) : undefined;
  const wiring: NodeJS.ProcessEnv = {
    ...env,
    ...loadSecrets(dataDir, env),
    MONGO_URL: ownStore ? ownStoreUrl : env.MONGO_URL,
    HOST: '127.0.0.1',
  };
  for (const service of SCALABLE)
    for (const [suffix, which] of [
      ['URL', 'port'],
      ['INTERNAL_URL', 'internalPort'],
    ] as const) {
      const name = `${service.toUpperCase()}_${suffix}`;
      wiring[name] = several.has(name) ? urls(service, which) : first(urls(service, which));
    }

  const running = new Map<string, Supervised>();
  const note = () => {
    const table = members.map(({ name, service, ports }) => ({ name, service, pid: running.get(name)?.pid() ?? null, ...ports }));
    // Written atomically: other processes read it meanwhile.
    writeFileSync(join(dataDir, 'stack.json.new'), `${JSON.stringify(table, null, 2)}\n`);
    renameSync(join(dataDir, 'stack.json.new'), join(dataDir, 'stack.json'));
  };
  for (const { name, service, file, args = [], ports } of members) {
    const socket = storeSocket === undefined ? ['--port', String(ports.port)] : ['--socket'];
    const own = service === 'store' ? [...socket, '--data-dir', storeDir] : args;
    running.set(
      name,
      createSupervised({
        name,
        file: join(root, file),
        args: own,
        env: {
          ...wiring,
          PORT: String(ports.port),
          INTERNAL_PORT: String(ports.internalPort ?? 0),
          ...databaseEnv(env, service),
        },
        write,
        onPid: note,
      }),
    );
  }
  return {
    url: `http://localhost:${of('gateway')[0]?.ports.port ?? 0}`,
    urls: of('gateway').map(({ ports }) => `http://localhost:${ports.port}`),
    members,
    pidOf: (name: string) => running.get(name)?.pid(),
    /** Ends one in order and starts it again. */
    restart: (name: string) => running.get(name)?.restart(),
    table: () =>
      members.map(({ name, ports }) => `${name.padEnd(16)} pid ${String(running.get(name)?.pid() ?? '-').padEnd(8)} port ${ports.port}`),
    /** Gateways first, the store last. */
    async stop() {
      const groups = [['gateway'], ['realtime'], ['posts', 'events', 'chat', 'notification'], ['users'], ['store']];
      for (const group of groups) {
        const ending = members.filter(({ service }) => group.includes(service));
        await Promise.all(ending.map(async ({ name }) => running.get(name)?.stop()));
      }
    },
  };
}
export type Stack = Awaited<ReturnType<typeof startStack>>;
