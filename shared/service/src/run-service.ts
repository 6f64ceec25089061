import type { EventBus } from '@linsta/bus';
import { ConfigError, createLogger, messageOf, misspeltVariables, parseEnv, type Logger } from '@linsta/core';
import type { z } from 'zod';
import type { Service } from './define-service';
import { startTelemetry } from './telemetry';

const STOP_DEADLINE_MS = 15_000;
const EXIT_CONFIG = 78;

/**
 * The frame of every `main.ts`: starts, then stops in order on SIGTERM or SIGINT. Exits with 78 for
 * an invalid configuration, with 1 for a failed start or a stop that takes longer than 15 s.
 */
export async function runProcess(name: string, logger: Logger, build: () => Service): Promise<void> {
  const stopTelemetry = await startTelemetry(name, process.env);
  let service: Service | undefined;
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    void (service?.stop() ?? Promise.resolve())
      .then(stopTelemetry)
      .catch((error: unknown) => logger.warn({ err: messageOf(error) }, 'stop failed'))
      .finally(() => process.exit(0));
  };
  process.on('SIGTERM', () => stop('SIGTERM')).on('SIGINT', () => stop('SIGINT'));
  try {
    service = build();
    await service.start();
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(EXIT_CONFIG);
    }
    // A stop during the start, e.g. while waiting for the database, is not a failure.
    if (stopping) return;
    logger.fatal({ err: error }, 'start failed');
    process.exit(1);
  }
}

/** Warns of variables that are most likely misspelt ones of these. */
export function reportMisspelt(logger: Logger, names: string[], env: NodeJS.ProcessEnv): void {
  for (const { given, meant } of misspeltVariables(env, names)) logger.warn({ variable: given, nearest: meant }, 'unknown variable');
}

type BrokerSchema = z.ZodObject<{ AMQP_URL: z.ZodType<string | undefined> }>;

/**
 * Runs a service as a process of its own, which needs a broker to reach the rest of the product.
 * `openBus` connects to it.
 */
export function runService<S extends BrokerSchema>(options: {
  name: string;
  schema: S;
  create: (config: z.output<S>, deps: { bus: EventBus; logger: Logger }) => Service;
  openBus: (options: { url: string; name: string; logger: Logger; config: z.output<S> }) => EventBus;
}): Promise<void> {
  const { name, schema } = options;
  const logger = createLogger(name, process.env.LOG_LEVEL);
  return runProcess(name, logger, () => {
    reportMisspelt(logger, Object.keys(schema.shape), process.env);
    const { config, amqpUrl } = loadWithBroker(() => parseEnv(schema, process.env));
    const bus = options.openBus({ url: amqpUrl, name, logger, config });
    const service = options.create(config, { bus, logger });
    return {
      start: () => service.start(),
      async stop() {
        await service.stop();
        await bus.close();
      },
    };
  });
}

/** Reports a missing AMQP_URL together with every other fault of the configuration. */
function loadWithBroker<C>(load: () => C): { config: C; amqpUrl: string } {
  const { AMQP_URL: amqpUrl = '', AMQP_URL_FILE: file = '' } = process.env;
  const missing = amqpUrl === '' && file === '' ? ['AMQP_URL is required where a service runs as a process of its own'] : [];
  try {
    const config = load();
    if (missing.length > 0) throw new ConfigError([]);
    const { AMQP_URL } = config as { AMQP_URL?: string };
    return { config, amqpUrl: AMQP_URL ?? amqpUrl };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError([...error.faults, ...missing]) : error;
  }
}
