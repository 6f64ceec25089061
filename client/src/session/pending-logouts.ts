import { startTimer } from '../core/deadline.js';
import type { SafeStorage } from '../core/key-value.js';
import type { Network } from '../core/settings.js';
import { toLinstaError } from '../errors.js';
import { exchange } from '../http/exchange.js';

const MAX_PENDING = 10;

export interface PendingLogouts {
  count(): number;
  /** Ends the session of `refreshToken` on the server; resolves after the first attempt. */
  end(refreshToken: string, token?: string): Promise<void>;
  /** Tries all of them now, e.g. when the network is back. */
  retry(): Promise<void>;
  stop(): void;
}

/** Sign-outs that the server has not confirmed, kept over reloads and retried with back-off. */
export function createPendingLogouts(options: {
  storage: SafeStorage;
  key: string;
  network: Network;
  onChange: () => void;
}): PendingLogouts {
  const { storage, key, network } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;

  const read = (): string[] => {
    try {
      const kept: unknown = JSON.parse(storage.get(key) ?? '[]');
      return Array.isArray(kept) ? kept.filter((token) => typeof token === 'string') : [];
    } catch {
      return [];
    }
  };
  const write = (tokens: string[]) => {
    storage.set(key, tokens.length === 0 ? undefined : JSON.stringify(tokens.slice(-MAX_PENDING)));
    options.onChange();
  };
  const send = (refreshToken: string, token?: string) =>
    exchange(network, { method: 'POST', path: '/api/auth/logout', token, body: { refreshToken }, keepalive: true });
  /** Whether the server answered: a refusal means that the session has ended already. */
  const attempt = async (refreshToken: string, token?: string): Promise<boolean> => {
    try {
      // An access token that is refused must not hide the refresh token.
      await send(refreshToken, token).catch((error: unknown) => {
        if (token === undefined || toLinstaError(error).status !== 401) throw error;
        return send(refreshToken);
      });
    } catch (error) {
      const { retryable, code } = toLinstaError(error);
      if (retryable || code === 'UNEXPECTED_ANSWER') return false;
    }
    write(read().filter((kept) => kept !== refreshToken));
    return true;
  };
  const retry = async () => {
    clearTimeout(timer);
    for (const refreshToken of read()) await attempt(refreshToken);
    retryLater();
  };
  const retryLater = () => {
    clearTimeout(timer);
    if (read().length === 0) attempts = 0;
    else timer = startTimer(() => void retry(), network.backOff((attempts += 1)));
  };

  return {
    count: () => read().length,
    async end(refreshToken, token) {
      write([...read().filter((kept) => kept !== refreshToken), refreshToken]);
      await attempt(refreshToken, token);
      retryLater();
    },
    retry,
    stop: () => clearTimeout(timer),
  };
}
