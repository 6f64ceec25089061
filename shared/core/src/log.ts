import { destination, pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** JSON lines on stderr-safe stdout. The message is a constant phrase, data goes in fields; secrets are cut out by name as a last line of defence. */
export function createLogger(
  service: string,
  level = 'info',
  stream: { write(line: string): void } = destination({ sync: false }),
): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
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
