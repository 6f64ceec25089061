import { correlationId } from './correlation';
import { destination, pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
/** An unknown level counts as `info`: the configuration reports it, with every other fault. */
const levelOf = (level: string | undefined): string => LEVELS.find((known) => known === level) ?? 'info';

/**
 * An error for a log line: never its other fields, which for a driver hold the documents of a
 * failed write, nor the values of a violated index.
 */
const serializeError = (error: unknown) => {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  const withoutValues = (text: string) => text.replaceAll(/dup key: .*/g, 'dup key');
  return {
    type: error.name,
    message: withoutValues(error.message),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack: withoutValues(error.stack ?? ''),
  };
};

/**
 * JSON lines on standard output. The message is a constant phrase and data goes into fields; the
 * correlation id of the current request is added to every line. Secrets are removed by field name
 * as a last line of defence.
 */
export function createLogger(
  service: string,
  level?: string,
  stream: { write(line: string): void } = destination({ sync: false }),
): Logger {
  return pino(
    {
      level: levelOf(level),
      base: { service },
      mixin() {
        const id = correlationId();
        return id === undefined ? {} : { correlationId: id };
      },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serializeError },
      redact: {
        paths: [
          'authorization',
          '*.authorization',
          'token',
          '*.token',
          'refreshToken',
          '*.refreshToken',
          'password',
          '*.password',
          'text',
          '*.text',
        ],
        censor: '[cut]',
      },
    },
    stream,
  );
}

export const silentLogger = (): Logger => pino({ level: 'silent' });
