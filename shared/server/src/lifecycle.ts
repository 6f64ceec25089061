import { createAmqpBus } from './bus/amqp';
import type { EventBus } from './bus/bus';
import { ConfigError } from './config';
import { createLogger, type Logger } from './log';

export interface Service {
  start(): Promise<void>;
  /** Readiness off → consumers → sockets → HTTP → bus → database, bounded. */
  stop(): Promise<void>;
}

/** Collects what was started, so that it is stopped in the reverse order, also when a start fails half-way. */
export function createStops(logger: Logger) {
  const stops: { name: string; stop: () => unknown }[] = [];
  return {
    add: (name: string, stop: () => unknown) => void stops.push({ name, stop }),
    async run() {
      for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
        try {
          await next.stop();
        } catch (error) {
          logger.warn({ part: next.name, err: (error as Error).message }, 'a part did not stop cleanly');
        }
      }
    },
  };
}

const STOP_DEADLINE_MS = 15_000;

/** The frame of every `main.ts`: start, then stop in order on SIGTERM or SIGINT. Exits 78 for a configuration that cannot work, 1 for a failed start. */
export async function runService(logger: Logger, build: () => Service): Promise<void> {
  let service: Service | undefined;
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    void (service?.stop() ?? Promise.resolve()).then(() => process.exit(0));
  };
  process.on('SIGTERM', () => stop('SIGTERM')).on('SIGINT', () => stop('SIGINT'));
  try {
    service = build();
    await service.start();
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(78);
    }
    // Asked to end while it was still starting, e.g. while it waited for its database: that is no failure.
    if (stopping) return;
    logger.fatal({ err: error }, 'start failed');
    process.exit(1);
  }
}

/** Runs a service that speaks on the bus as a process of its own. Others live in other processes: without a broker they could not hear each other. */
export function runAlone<C extends { AMQP_URL?: string | undefined }>(
  name: string,
  loadConfig: (env: NodeJS.ProcessEnv) => C,
  create: (config: C, deps: { bus: EventBus; logger: Logger }) => Service,
): Promise<void> {
  const logger = createLogger(name, process.env.LOG_LEVEL);
  return runService(logger, () => {
    const config = loadAll(() => loadConfig(process.env));
    const bus = createAmqpBus({ url: config.AMQP_URL ?? '', name, logger });
    const service = create(config, { bus, logger });
    return {
      start: () => service.start(),
      async stop() {
        await service.stop();
        await bus.close();
      },
    };
  });
}
function loadAll<C>(load: () => C): C {
  const missing = (process.env.AMQP_URL ?? '') === '' ? ['AMQP_URL is required where a service runs as a process of its own'] : [];
  try {
    const config = load();
    if (missing.length > 0) throw new ConfigError([]);
    return config;
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError([...error.faults, ...missing]) : error;
  }
}
