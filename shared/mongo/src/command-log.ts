import { correlationId, currentTraceparent, recordSpan, tracingEnabled, withCorrelation, type Logger } from '@linsta/core';
import { LRUCache } from 'lru-cache';
import type { mongo } from 'mongoose';

interface Started {
  database: string;
  collection: string | undefined;
  correlationId: string | undefined;
  traceparent: string | undefined;
}

/** Commands in flight; a driver that loses an answer must not let this grow. */
const MAX_IN_FLIGHT = 10_000;
/** Commands of the driver's own housekeeping. */
const HOUSEKEEPING = new Set(['hello', 'ismaster', 'isMaster', 'ping', 'endSessions', 'saslStart', 'saslContinue']);

/**
 * Whether commands are to be observed at all: without it the driver emits no events, which costs
 * nothing.
 */
export const observesCommands = (logger: Logger, slowMs: number | undefined): boolean =>
  tracingEnabled() || logger.isLevelEnabled('debug') || (slowMs !== undefined && logger.isLevelEnabled('warn'));

/**
 * Logs every database command at `debug`, and those that take `slowMs` or longer at `warn`:
 * collection, command, duration, outcome and correlation id, never a document or a value. It
 * listens to the driver's own command monitoring, so that no command is missed.
 */
export function logCommands(client: mongo.MongoClient, options: { logger: Logger; slowMs: number | undefined }): void {
  const { logger, slowMs = Infinity } = options;
  const inFlight = new LRUCache<number, Started>({ max: MAX_IN_FLIGHT });

  client.on('commandStarted', ({ requestId, commandName, databaseName, command }: mongo.CommandStartedEvent) => {
    if (HOUSEKEEPING.has(commandName)) return;
    const target: unknown = commandName === 'getMore' ? command.collection : command[commandName];
    const collection = typeof target === 'string' ? target : undefined;
    inFlight.set(requestId, { database: databaseName, collection, correlationId: correlationId(), traceparent: currentTraceparent() });
  });
  const log = ({ requestId, commandName, duration }: mongo.CommandSucceededEvent | mongo.CommandFailedEvent, failure?: Error) => {
    const started = inFlight.get(requestId);
    if (started === undefined) return;
    inFlight.delete(requestId);
    recordSpan(`${commandName} ${started.collection ?? started.database}`, {
      kind: 'client',
      traceparent: started.traceparent,
      attributes: { 'db.system.name': 'mongodb', 'db.namespace': started.database, 'db.operation.name': commandName },
      durationMs: duration,
      failed: failure !== undefined,
    });
    const level = duration >= slowMs ? 'warn' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const { database, collection } = started;
    const outcome = failure === undefined ? 'ok' : failure.name;
    withCorrelation(started.correlationId, () =>
      logger[level](
        { database, collection, command: commandName, durationMs: duration, outcome },
        level === 'warn' ? 'slow database command' : 'database command',
      ),
    );
  };
  client.on('commandSucceeded', (event: mongo.CommandSucceededEvent) => log(event));
  client.on('commandFailed', (event: mongo.CommandFailedEvent) => log(event, event.failure));
}
