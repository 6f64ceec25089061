import type { ServiceName } from '@linsta/contracts';
import type { Connection } from 'mongoose';
import { createServiceTokens, createTokenVerifier, type ServiceTokens } from './auth';
import { createBusState, type EventBus, type Subscription } from './bus/bus';
import { createPublicApp, listen, type HealthCheck, type RouteHandlers } from './http';
import { createInternalApp, type InternalDoor } from './internal-app';
import { createStops, type Service } from './lifecycle';
import type { Logger } from './log';
import { createMetrics } from './metrics';
import { openDatabase } from './mongo';

export interface ServiceDeps {
  bus: EventBus;
  logger: Logger;
  now?: () => Date;
}
export interface Address {
  port: number;
  internalPort: number;
}
export type AddressedService = Service & { address(): Address };

interface FrameConfig {
  HOST: string;
  PORT: number;
  INTERNAL_PORT: number;
  MONGO_URL: string;
  DATABASE: string;
  JWT_SECRET: string;
  SERVICE_SECRET: string;
}
export interface Frame {
  connection: Connection;
  tokens: ServiceTokens;
  now: () => Date;
  /** Registers what is to be stopped, in reverse order, after the doors are closed. */
  onStop(name: string, stop: () => unknown): void;
}
export interface Furnished<S extends ServiceName> {
  routes: RouteHandlers<S>;
  doors?: Record<string, InternalDoor>;
  /** What it hears of others; begins when the indexes are built. */
  consumes?: Subscription;
  /** Runs when the indexes are built and before the doors open: relays, sweeps. */
  begin?(): Promise<void> | void;
}

/** The frame that every service with a database has: connect, build indexes, consume, open the doors; on stop the other way round. */
export function createFramedService<S extends ServiceName>(
  service: S,
  config: FrameConfig,
  deps: ServiceDeps,
  furnish: (frame: Frame) => Furnished<S>,
): AddressedService {
  const { bus, logger, now = () => new Date() } = deps;
  const stops = createStops(logger);
  const address: Address = { port: 0, internalPort: 0 };
  let ready = false;

  const begin = async () => {
    const database = openDatabase({ url: config.MONGO_URL, name: config.DATABASE, logger });
    stops.add('database', () => database.close());
    const tokens = createServiceTokens(config.SERVICE_SECRET, service);
    const { routes, doors, consumes, begin: beginWork } = furnish({ connection: database.connection, tokens, now, onStop: stops.add });
    await database.buildIndexes();
    await beginWork?.();
    const consuming = consumes === undefined ? undefined : await bus.subscribe(consumes);
    stops.add('consumers', () => consuming?.stop());

    const busState = createBusState(bus);
    const health: HealthCheck = async () => ({
      service: ready ? 'ok' : 'starting',
      database: (await database.healthy()) ? 'ok' : 'down',
      bus: busState(),
    });
    const metrics = createMetrics({
      service,
      bus,
      connection: database.connection,
      ...(consumes !== undefined && { parking: consumes.parking }),
    });
    const internal = await listen(createInternalApp({ logger, tokens, health, metrics, doors: doors ?? {} }), {
      host: config.HOST,
      port: config.INTERNAL_PORT,
    });
    stops.add('internal door', () => internal.close());
    const clients = await listen(
      createPublicApp({ service, handlers: routes, verifyToken: createTokenVerifier(config.JWT_SECRET), logger, health }),
      { host: config.HOST, port: config.PORT },
    );
    stops.add('client door', () => clients.close());
    // First of all on the way out; a repeat does nothing.
    stops.add('consumers', () => consuming?.stop());
    Object.assign(address, { port: clients.port, internalPort: internal.port });
  };

  return {
    address: () => address,
    async start() {
      try {
        await begin();
      } catch (error) {
        await stops.run();
        throw error;
      }
      ready = true;
      logger.info(address, 'ready');
    },
    async stop() {
      ready = false;
      await stops.run();
    },
  };
}
