/** As pino's; only failures of the store's own are logged. */
export interface StoreLogger {
  error(fields: Record<string, unknown>, message: string): void;
}

/** For a store that runs by itself, without a logger of its owner. */
export const stderrLogger: StoreLogger = {
  error({ err }, message) {
    process.stderr.write(
      `${JSON.stringify({ level: 'error', time: new Date().toISOString(), msg: message, err: err instanceof Error ? (err.stack ?? err.message) : String(err) })}\n`,
    );
  },
};
