import { messageOf, type Logger } from '@linsta/core';

/**
 * Collects started parts, to stop them in reverse order, also after a start that failed half-way.
 */
export function createStops(logger: Logger) {
  const stops: { name: string; stop: () => unknown }[] = [];
  return {
    add: (name: string, stop: () => unknown) => void stops.push({ name, stop }),
    async run() {
      for (let next = stops.pop(); next !== undefined; next = stops.pop()) {
        try {
          await next.stop();
        } catch (error) {
          logger.warn({ part: next.name, err: messageOf(error) }, 'part stop failed');
        }
      }
    },
  };
}
