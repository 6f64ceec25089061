import { connect, type ChannelModel } from 'amqplib';
import { backoffMs, messageOf, withDeadline, type Logger } from '@linsta/core';

const CONNECT_DEADLINE_MS = 10_000;
const OPEN_DEADLINE_MS = 20_000;
const CLOSE_DEADLINE_MS = 1_000;
const BACKOFF = { firstMs: 100, maxMs: 3_000 };
/** The first failed attempt is logged, then each tenth. */
const LOGGED_EVERY = 10;
/** Seconds; a broker that is up but silent is noticed after about three of these. */
const HEARTBEAT_SECONDS = 5;

const withHeartbeat = (url: string) => {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return parsed.toString();
};

/** Closing waits for the broker's answer, which a hung one never gives. */
async function end(connection: ChannelModel): Promise<void> {
  await withDeadline(connection.close(), CLOSE_DEADLINE_MS, 'closing').catch(() => undefined);
  (connection.connection as unknown as { stream?: { destroy(): void } }).stream?.destroy();
}

export interface KeptConnection {
  open(): boolean;
  /**
   * Gives the connection up and opens a new one: what a dead channel, a missing confirm or a
   * cancelled consumer calls for.
   */
  renew(reason: string): void;
  close(): Promise<void>;
}

/**
 * Keeps one connection to the broker, whatever way it dies: error, an operator's close (which comes
 * without an error), silence, or a channel of it failing. `onOpen` builds everything anew on each
 * connection; `onLost` reports that the old connection is void.
 */
export function keepConnection(options: {
  url: string;
  name: string;
  logger: Logger;
  onOpen: (connection: ChannelModel) => Promise<void>;
  onLost: (reason: string) => void;
}): KeptConnection {
  const { url, name, logger, onOpen, onLost } = options;
  let current: ChannelModel | undefined;
  let closed = false;
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;
  let opening: Promise<void> | undefined;

  const lost = (connection: ChannelModel, reason: string) => {
    if (current !== connection) return;
    current = undefined;
    onLost(reason);
    void end(connection);
    if (closed) return;
    logger.warn({ connection: name, reason }, 'broker connection lost');
    schedule();
  };
  const open = async () => {
    let connection: ChannelModel | undefined;
    try {
      const attempted = connect(withHeartbeat(url), { clientProperties: { connection_name: name }, timeout: CONNECT_DEADLINE_MS });
      // A connection that opens after the deadline is closed at once.
      const late = { abandoned: false };
      attempted.then(
        (arrived) => late.abandoned && void end(arrived),
        () => undefined,
      );
      connection = await withDeadline(attempted, CONNECT_DEADLINE_MS, 'connecting').catch((error: unknown) => {
        late.abandoned = true;
        throw error;
      });
      const opened = connection;
      let died: string | undefined;
      opened.on('error', (error: Error) => (died = error.message));
      opened.on('close', (error?: Error) => {
        died = error?.message ?? died ?? 'closed';
        lost(opened, died);
      });
      await withDeadline(onOpen(opened), OPEN_DEADLINE_MS, 'declaring');
      if (closed) return void (await end(opened));
      if (died !== undefined) throw new Error(died);
      current = opened;
      attempt = 0;
      logger.info({ connection: name }, 'broker connected');
    } catch (error) {
      if (connection !== undefined) void end(connection);
      onLost(messageOf(error));
      if (closed) return;
      if (attempt % LOGGED_EVERY === 0)
        logger.warn({ connection: name, attempt: attempt + 1, err: messageOf(error) }, 'broker connection failed');
      schedule();
    }
  };
  const schedule = () => {
    const delayMs = backoffMs(BACKOFF, attempt);
    attempt += 1;
    clearTimeout(timer);
    timer = setTimeout(() => void (opening = open()), delayMs);
  };
  opening = open();

  return {
    open: () => current !== undefined,
    renew(reason) {
      if (current !== undefined) lost(current, reason);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await opening;
      if (current !== undefined) await end(current);
      current = undefined;
    },
  };
}
