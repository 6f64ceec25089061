import { attacks } from './attackers';

/**
 * Runs every attack at once, again and again, until it is ended. Its target comes as the argument,
 * in JSON.
 */
const target = JSON.parse(process.argv[2] ?? '{}') as Parameters<(typeof attacks)[string]>[0];
const rounds: Record<string, number> = {};

for (const [name, attack] of Object.entries(attacks)) {
  const repeat = async (): Promise<void> => {
    for (;;) {
      await attack(target).catch(() => undefined);
      rounds[name] = (rounds[name] ?? 0) + 1;
    }
  };
  void repeat();
}
process.once('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(rounds)}\n`);
  process.exit(0);
});
