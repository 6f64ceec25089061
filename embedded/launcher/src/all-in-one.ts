import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createChatService, loadConfig as chatConfig } from '@linsta/chat';
import { createEventsService, loadConfig as eventsConfig } from '@linsta/events';
import { createGatewayService, loadConfig as gatewayConfig, type GatewayDeps } from '@linsta/gateway';
import { startStoreThread } from '@linsta/embedded-mongo';
import { createNotificationService, loadConfig as notificationConfig } from '@linsta/notification';
import { createPostsService, loadConfig as postsConfig } from '@linsta/posts';
import { createRealtimeService, loadConfig as realtimeConfig } from '@linsta/realtime';
import { createAmqpBus, createMemoryBus, eventRulesOf } from '@linsta/bus';
import { ConfigError, createLogger, freePorts, type Logger, databaseEnv, loadSecrets, removeRunning, writeRunning } from '@linsta/core';
import { createStops, reportMisspelt } from '@linsta/service';
import { createUsersService, loadConfig as usersConfig } from '@linsta/users';
import { VARIABLES } from './variables';

export interface AllInOne {
  /** The gateway's address, http://host:port. */
  url: string;
  storeUrl: string;
  /** The listeners for other services and for operators, by service. */
  internalUrls: Record<string, string>;
  stop(): Promise<void>;
}
export interface AllInOneOptions {
  dataDir: string;
  env: NodeJS.ProcessEnv;
  createServiceLogger?: (service: string) => Logger;
  /** The embedded store ended by itself: nothing can be read or written any more. */
  onStoreDeath?: (error: Error) => void;
  /** Shown on the sign-in page of the web app. */
  demoUsers?: GatewayDeps['demoUsers'];
}

/**
 * Node's own recursive mkdir never returns where the kernel answers "no such file" below a
 * directory that is there, e.g. in /proc.
 */
const ensureDirectory = (path: string): void => {
  if (existsSync(path)) return;
  ensureDirectory(dirname(path));
  mkdirSync(path, 0o700);
};

const NAMES = ['users', 'posts', 'events', 'chat', 'notification', 'realtime'] as const;

/** Reads many configurations and reports the faults of all of them at once. */
function createGatherer() {
  const faults = new Set<string>();
  const gather = <T>(load: (env: NodeJS.ProcessEnv) => T, env: NodeJS.ProcessEnv): (() => T) => {
    try {
      const config = load(env);
      return () => config;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const fault of error.faults) faults.add(fault);
      return () => {
        throw error;
      };
    }
  };
  return Object.assign(gather, {
    assertNone() {
      if (faults.size > 0) throw new ConfigError([...faults]);
    },
  });
}

const TRIES = 4;

/**
 * All services in this process on the embedded defaults, wired by URL exactly as if each ran alone.
 * Rejects with the cause, and leaves nothing running.
 */
export async function startAllInOne(options: AllInOneOptions): Promise<AllInOne> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(options);
    } catch (error) {
      // Another process took an inner port between the check and its use. The gateway's port is not
      // retried: the user chose it.
      const { code, port } = error as NodeJS.ErrnoException & { port?: number };
      if (code !== 'EADDRINUSE' || String(port) === (options.env.PORT ?? '5000') || tries === TRIES) throw error;
    }
  }
}

async function start({
  dataDir,
  env,
  demoUsers,
  onStoreDeath,
  createServiceLogger = (service) => createLogger(service, env.LOG_LEVEL ?? 'warn'),
}: AllInOneOptions): Promise<AllInOne> {
  ensureDirectory(dataDir);
  accessSync(dataDir, constants.W_OK);
  const stops = createStops(createServiceLogger('launcher'));
  try {
    let storeUrl = env.MONGO_URL;
    if (storeUrl === undefined || storeUrl === '') {
      const store = await startStoreThread({
        dataDir: join(dataDir, 'store'),
        ...(onStoreDeath !== undefined && { onDeath: onStoreDeath }),
      });
      stops.add('store', () => store.close());
      storeUrl = store.url;
    }
    const ports = await freePorts(NAMES.length * 2 + 1);
    const wiring: NodeJS.ProcessEnv = { ...env, ...loadSecrets(dataDir, env), MONGO_URL: storeUrl, HOST: '127.0.0.1' };
    NAMES.forEach((name, at) => {
      wiring[`${name.toUpperCase()}_URL`] = `http://127.0.0.1:${ports[at * 2]}`;
      wiring[`${name.toUpperCase()}_INTERNAL_URL`] = `http://127.0.0.1:${ports[at * 2 + 1]}`;
    });
    const envOf = (name: (typeof NAMES)[number]) => ({
      ...wiring,
      PORT: String(ports[NAMES.indexOf(name) * 2]),
      INTERNAL_PORT: String(ports[NAMES.indexOf(name) * 2 + 1]),
      ...databaseEnv(env, name),
    });
    const hasWebhooks = (env.WEBHOOKS ?? env.WEBHOOKS_FILE ?? '') !== '';
    const gather = createGatherer();
    const config = {
      users: gather(usersConfig, envOf('users')),
      posts: gather(postsConfig, envOf('posts')),
      events: gather(eventsConfig, envOf('events')),
      // Without a broker, messages are published where a webhook takes them.
      chat: gather(chatConfig, { ...(hasWebhooks && { PUBLISH_MESSAGE_SENT: 'true' }), ...envOf('chat') }),
      notification: gather(notificationConfig, envOf('notification')),
      realtime: gather(realtimeConfig, envOf('realtime')),
      gateway: gather(gatewayConfig, {
        ...wiring,
        HOST: env.HOST ?? '127.0.0.1',
        PORT: env.PORT,
        INTERNAL_PORT: String(ports.at(-1)),
      }),
    };
    gather.assertNone();
    reportMisspelt(createServiceLogger('launcher'), VARIABLES, env);

    const busLogger = createServiceLogger('bus');
    const rules = eventRulesOf({ ...config.users(), WEBHOOKS: config.notification().WEBHOOKS });
    const amqpUrl = env.AMQP_URL ?? '';
    let allSubscribed: () => void = () => undefined;
    const subscribed = new Promise<void>((resolve) => (allSubscribed = resolve));
    const bus =
      amqpUrl === ''
        ? createMemoryBus({ logger: busLogger, subscribed, rules })
        : createAmqpBus({ url: amqpUrl, name: 'linsta', logger: busLogger, rules });
    stops.add('bus', () => bus.close());
    const deps = (service: string) => ({ bus, logger: createServiceLogger(service) });

    const services = [
      createUsersService(config.users(), deps('users')),
      createPostsService(config.posts(), deps('posts')),
      createEventsService(config.events(), deps('events')),
      createChatService(config.chat(), deps('chat')),
      createNotificationService(config.notification(), deps('notification')),
      createRealtimeService(config.realtime(), deps('realtime')),
    ];
    // The gateway opens last and closes first: no client is served before the services are ready,
    // or while they stop.
    const gateway = createGatewayService(config.gateway(), {
      logger: createServiceLogger('gateway'),
      ...(demoUsers !== undefined && { demoUsers }),
    });
    stops.add('services', () => Promise.all(services.map((service) => service.stop())));
    await Promise.all(services.map((service) => service.start()));
    allSubscribed();
    await gateway.start();
    stops.add('gateway', () => gateway.stop());
    const host = env.HOST ?? '127.0.0.1';
    const url = `http://${host === '127.0.0.1' ? 'localhost' : host}:${gateway.address().port}${config.gateway().BASE_PATH ?? ''}`;
    const internalUrls: Record<string, string> = Object.fromEntries(
      NAMES.map((name, at) => [name, `http://127.0.0.1:${ports[at * 2 + 1]}`]),
    );
    internalUrls.gateway = `http://127.0.0.1:${gateway.address().internalPort}`;
    writeRunning(dataDir, { pid: process.pid, url, storeUrl, bus: amqpUrl === '' ? 'memory' : 'RabbitMQ', internalUrls });
    stops.add('note of running', () => removeRunning(dataDir));
    return { url, storeUrl, internalUrls, stop: () => stops.run() };
  } catch (error) {
    await stops.run();
    throw error;
  }
}
