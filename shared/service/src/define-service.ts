import type { RequestListener, Server } from 'node:http';
import type { EventBus, Subscription } from '@linsta/bus';
import type { CallingService } from '@linsta/contracts/internal';
import type { Logger } from '@linsta/core';
import {
  createInternalApp,
  createServiceTokens,
  listen,
  type HealthCheck,
  type InternalEndpoint,
  type Listening,
  type PartState,
  type ServiceTokens,
} from '@linsta/http';
import type { Registry } from 'prom-client';
import { busHealth } from './bus-health';
import { registerHttpMetrics } from './http-metrics';
import { createMetrics, registerBusMetrics } from './metrics';
import { createStops } from './stops';

export interface Service {
  start(): Promise<void>;
  /** Readiness off → consumers → sockets → HTTP → bus → database; every step has a deadline. */
  stop(): Promise<void>;
}
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

interface HostConfig {
  HOST: string;
  PORT: number;
  /** Absent: the service has no listener for other services and for operators. */
  INTERNAL_PORT?: number | undefined;
  /** The address of that listener, where it is not `HOST`. */
  OPERATOR_HOST?: string | undefined;
  SERVICE_SECRET: string;
}

/** What a service is composed with. */
export interface Host {
  readonly logger: Logger;
  readonly now: () => Date;
  readonly tokens: ServiceTokens;
  /** The state of every part, as `/readyz` shows it. */
  readonly health: HealthCheck;
  /** Registers a part to stop, in reverse order, after the listeners are closed. */
  onStop(name: string, stop: () => unknown): void;
  addHealth(name: string, check: () => PartState | Promise<PartState>): void;
  addMetrics<T>(register: (registry: Registry) => T): T;
}

/** The parts of one service. */
export interface Composition {
  /** Answers clients: an application, or a server that has its listeners already. */
  clients: RequestListener | Server;
  /** Replaces the plain close of the client listener, e.g. to drain sockets first. */
  closeClients?(listening: Listening): Promise<unknown>;
  endpoints?: Record<string, InternalEndpoint>;
  /** Bus events to consume, from the moment that `prepare` is done. */
  consumes?: Subscription;
  /** Runs before the listeners open: indexes, relays, sweeps. */
  prepare?(): Promise<void> | void;
}

const isServer = (clients: RequestListener | Server): clients is Server => typeof clients !== 'function';

/**
 * The lifecycle of every service and of the gateway: compose, prepare, consume, listen; on stop in
 * the other order. Listeners open only when everything behind them is ready.
 */
export function defineService(
  name: CallingService,
  config: HostConfig,
  deps: { logger: Logger; bus?: EventBus; now?: () => Date },
  compose: (host: Host) => Composition | Promise<Composition>,
): AddressedService {
  const { bus, logger, now = () => new Date() } = deps;
  const stops = createStops(logger);
  const address: Address = { port: 0, internalPort: 0 };
  let ready = false;

  const begin = async () => {
    const parts = new Map<string, () => PartState | Promise<PartState>>();
    const { registry, metrics } = createMetrics(name);
    stops.add('request metrics', registerHttpMetrics(registry, name));
    const tokens = createServiceTokens(config.SERVICE_SECRET, name);
    const health: HealthCheck = async () =>
      Object.fromEntries(await Promise.all([...parts].map(async ([part, check]) => [part, await check()] as const)));
    parts.set(name === 'gateway' ? 'gateway' : 'service', () => (ready ? 'ok' : 'starting'));
    if (bus !== undefined) parts.set('bus', busHealth(bus));

    const composition = await compose({
      logger,
      now,
      tokens,
      health,
      onStop: stops.add,
      addHealth: (part, check) => void parts.set(part, check),
      addMetrics: (register) => register(registry),
    });
    await composition.prepare?.();
    const consuming = bus === undefined || composition.consumes === undefined ? undefined : await bus.subscribe(composition.consumes);
    stops.add('consumers', () => consuming?.stop());
    if (bus !== undefined) registerBusMetrics(registry, bus, composition.consumes?.parking);

    if (config.INTERNAL_PORT !== undefined) {
      const app = createInternalApp({ service: name, logger, tokens, health, metrics, endpoints: composition.endpoints ?? {} });
      const internal = await listen(app, { host: config.OPERATOR_HOST ?? config.HOST, port: config.INTERNAL_PORT });
      stops.add('internal listener', () => internal.close());
      address.internalPort = internal.port;
    }
    const { clients } = composition;
    const listening = await listen(isServer(clients) ? undefined : clients, {
      host: config.HOST,
      port: config.PORT,
      ...(isServer(clients) && { server: clients }),
    });
    stops.add('client listener', () => composition.closeClients?.(listening) ?? listening.close());
    // The first step of a stop; the second one, above, does nothing then.
    stops.add('consumers', () => consuming?.stop());
    address.port = listening.port;
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
      logger.info({ ...address }, 'ready');
    },
    async stop() {
      ready = false;
      await stops.run();
    },
  };
}
