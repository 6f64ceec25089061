import { io } from 'socket.io-client';
import { startTimer } from '../core/deadline.js';
import { retryWhile } from '../core/retry.js';
import type { Network } from '../core/settings.js';
import { createStore } from '../core/store.js';
import { LinstaError, toLinstaError } from '../errors.js';
import type { Tokens } from '../session/tokens.js';
import type { Ack, ClientSocket, Connection, ConnectionState } from './types.js';

export type Transport = 'polling' | 'websocket';
type Answer = { ok: true } | { ok: false; error: { code: string; message: string } };
type Status = ConnectionState['status'];

interface ConnectionOptions {
  network: Network;
  tokens: Tokens;
  transports?: Transport[] | undefined;
  /** Socket.IO's path, below the base path unless given. */
  path?: string | undefined;
}

/** The socket, not yet connected. */
function createSocket(options: ConnectionOptions, onToken: () => void): ClientSocket {
  const { network, tokens } = options;
  let origin: string;
  try {
    origin = network.origin();
  } catch {
    origin = 'http://localhost'; // without an origin `open` throws
  }
  return io(origin, {
    path: options.path ?? `${network.basePath}/socket.io`,
    autoConnect: false,
    forceNew: true,
    // WebTransport is left out: each failed attempt takes 10 s and throws unhandled in Chromium.
    transports: options.transports ?? ['polling', 'websocket'],
    // Any transport that works: a proxy may break one of them.
    tryAllTransports: true,
    reconnectionDelay: 300,
    reconnectionDelayMax: 8_000,
    timeout: network.deadlineMs,
    auth: (give) => {
      void tokens
        .get()
        .then(
          (token) => give({ token }),
          // The server refuses the connection with its own words, see `connect_error`.
          () => give({}),
        )
        .then(onToken);
    },
  });
}

/** One socket that reconnects by itself and renews a refused token once. */
export function createConnection(options: ConnectionOptions): Connection {
  const { network, tokens } = options;
  const { backOff, log, deadlineMs } = network;
  const state = createStore<ConnectionState>({ status: 'connecting', waiting: 0 });
  const listeners: (() => void)[] = [];
  let wanted = false;
  let cut = false;
  /** A forced renewal of the token has not led to a connection yet. */
  let renewed = false;
  let failures = 0;
  let connecting: ReturnType<typeof setTimeout> | undefined;
  let welcome: ReturnType<typeof setTimeout> | undefined;

  const setStatus = (status: Status, error?: LinstaError) => {
    const before = state.get();
    if (before.status === status && before.error === error) return;
    if (before.status !== status)
      log({ level: 'debug', event: `connection ${status}`, ...(error !== undefined && { code: error.code, cause: error }) });
    state.set({ status, waiting: before.waiting, ...(error !== undefined && { error }) } as ConnectionState);
  };
  const isActive = () => wanted && !cut;
  const connectAfter = (ms: number) => {
    clearTimeout(connecting);
    connecting = setTimeout(() => isActive() && !socket.connected && connect(), ms);
  };
  /** Headers may change between connects, and Socket.IO reads them at each. */
  const connect = () => {
    const headers = network.headers();
    if (Object.keys(headers).length > 0) socket.io.opts.extraHeaders = headers;
    socket.connect();
  };
  /**
   * Leaves the old connection behind. A polite close would wait until everything is sent, which
   * never happens on a connection of which one direction is dead.
   */
  const connectAnew = () => {
    if (!isActive()) return;
    socket.disconnect();
    connect();
  };
  /** Socket.IO waits for the server's welcome without end. */
  const expectWelcome = () => {
    clearTimeout(welcome);
    const onSilence = () => {
      if (socket.connected || !isActive()) return;
      socket.disconnect();
      setStatus('offline', new LinstaError('TIMEOUT', 'The server did not accept the connection in time'));
      connectAfter(backOff((failures += 1)));
    };
    // A slow server gets more time at each attempt.
    welcome = startTimer(onSilence, deadlineMs * Math.min(4, 1 + failures));
  };
  const socket = createSocket(options, expectWelcome);

  /**
   * The server refuses the token: renews it once, and after a second refusal the session is over.
   */
  const renew = async (refusal: LinstaError) => {
    if (renewed) return setStatus('refused', refusal);
    renewed = true;
    try {
      await tokens.get(true);
      connectAfter(0);
    } catch (error) {
      const failure = toLinstaError(error);
      if (failure.status === 401 || !failure.retryable) return setStatus('refused', failure);
      renewed = false;
      connectAfter(backOff((failures += 1)));
    }
  };

  socket.on('connect', () => {
    renewed = false;
    failures = 0;
    setStatus('online');
    for (const listener of listeners) listener();
  });
  socket.on('disconnect', (reason) => {
    if (!wanted) return;
    setStatus('offline');
    // The session ended or the token expired: Socket.IO does not reconnect by itself then.
    if (reason === 'io server disconnect') void renew(new LinstaError('INVALID_TOKEN', 'The server ended the connection', { status: 401 }));
  });
  socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
    if (!wanted) return;
    const code = error.data?.code;
    const refused = code === 'INVALID_TOKEN' || code === 'NO_TOKEN' || code === 'TOKEN_EXPIRED';
    const failure = new LinstaError(code ?? 'NETWORK', error.message, { cause: error, ...(refused && { status: 401 }) });
    setStatus('offline', failure);
    if (refused) void renew(failure);
    else if (!socket.active) connectAfter(backOff((failures += 1)));
  });

  return {
    state,
    socket,
    online: () => socket.connected,
    onOnline: (listener) => void listeners.push(listener),
    retryWhileConnected(work) {
      const { id } = socket;
      void retryWhile(work, () => socket.connected && socket.id === id, backOff);
    },
    async request(event, payload) {
      if (!socket.connected)
        throw wanted
          ? new LinstaError('NETWORK', 'There is no connection at the moment')
          : new LinstaError('CLOSED', 'The client is not connected: call connect()');
      let answer: Answer;
      try {
        answer = (await socket.timeout(deadlineMs).emitWithAck(event, payload)) as Answer;
      } catch {
        log({ level: 'warn', event: 'acknowledgement timeout', code: 'TIMEOUT', message: event });
        // One direction of the connection may be dead: a new one heals sooner than the heartbeat.
        if (socket.connected) connectAnew();
        throw new LinstaError('TIMEOUT', 'The server did not answer in time');
      }
      if (answer.ok) return answer as Ack<typeof event>;
      log({ level: 'warn', event: 'event refused', code: answer.error.code, message: event });
      throw new LinstaError(answer.error.code, answer.error.message);
    },
    connectNow() {
      if (state.get().status === 'offline') connectAnew();
    },
    reconnect() {
      renewed = false;
      failures = 0;
      if (!isActive()) return;
      setStatus('connecting');
      connectAnew();
    },
    setWaiting(waiting) {
      if (state.get().waiting !== waiting) state.set({ ...state.get(), waiting });
    },
    pushToken(token) {
      if (socket.connected) socket.emit('refresh_token', { token }, () => undefined);
    },
    open() {
      network.origin();
      if (wanted) return;
      wanted = true;
      renewed = false;
      setStatus(cut ? 'offline' : 'connecting');
      if (!cut) connect();
    },
    cut(off) {
      if (cut === off) return;
      cut = off;
      if (off) {
        // Without a word to the server: to both sides it looks like a pulled cable.
        socket.disconnect();
        if (wanted) setStatus('offline');
      } else if (wanted) {
        setStatus('connecting');
        connect();
      }
    },
    isCut: () => cut,
    close() {
      wanted = false;
      clearTimeout(connecting);
      clearTimeout(welcome);
      socket.disconnect();
      setStatus('closed');
    },
  };
}
