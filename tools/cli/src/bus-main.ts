import { createInterface } from 'node:readline/promises';
import { openParked } from './parked-events';
import { BusToolError, listParked, readCommand, showParked, USAGE, type BusCommand } from './bus-command';

const say = (text: string) => void process.stdout.write(`${text}\n`);

async function assertMeant(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new BusToolError('Discarding cannot be undone; say --yes where nobody can be asked.');
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new BusToolError('Nothing was discarded.');
}

async function run(command: BusCommand): Promise<void> {
  const { parked, later, close } = await openParked(process.env);
  try {
    const lines = await parked.list();
    const named = (id: string) => {
      const found = lines.filter((line) => line.id.startsWith(id));
      const [only] = found;
      if (only === undefined) throw new BusToolError(`No parked event has the id ${id}; npm run bus -- parked list shows those there are.`);
      if (found.length > 1) throw new BusToolError(`${found.length} parked events begin with ${id}; give more of the id.`);
      return only;
    };
    if (command.verb === 'list') return say(listParked(lines));
    if (command.verb === 'show') return say(showParked(named(command.id)));
    if (command.verb === 'redrive') {
      const ids = command.id === undefined ? lines.map(({ id }) => id) : [named(command.id).id];
      const count = ids.length === 0 ? 0 : await parked.redrive(ids);
      return say(`${count} re-driven${later && count > 0 ? '; tried again when the product is started' : ''}`);
    }
    const { id, queue, reason } = named(command.id);
    await assertMeant(`Discard ${id} of ${queue} (${reason}) for good?`, command.yes);
    say((await parked.discard(id)) ? `${id} discarded` : `${id} was gone already`);
  } finally {
    await close();
  }
}

async function main() {
  try {
    await run(readCommand(process.argv.slice(2)));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}${error instanceof BusToolError ? '' : `\nUsage: ${USAGE}`}\n`);
    process.exit(1);
  }
  process.exit(0);
}
void main();
