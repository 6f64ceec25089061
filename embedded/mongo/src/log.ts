import type { StoreLogger } from './server';

/** For a store that runs by itself and has nobody else's logger. */
export const stderrLogger: StoreLogger = {
  error({ err }, message) {
    process.stderr.write(
      `${JSON.stringify({ level: 'error', time: new Date().toISOString(), msg: message, err: err instanceof Error ? (err.stack ?? err.message) : String(err) })}\n`,
    );
  },
};
