import { createInterface } from 'node:readline/promises';
import { CommandError } from '../command-error';
import { listParked, readParkedCommand, showParked } from './command';
import { openParked } from './open';

const print = (text: string) => void process.stdout.write(`${text}\n`);

async function confirm(question: string, yes: boolean): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new CommandError('Discarding cannot be undone; without a terminal, confirm it with --yes.');
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new CommandError('Nothing was discarded.');
}

/**
 * Lists, shows, re-drives or discards parked events of the installation that the environment names.
 */
export async function runParked(args: string[]): Promise<void> {
  const command = readParkedCommand(args);
  const { parked, later, close } = await openParked(process.env);
  try {
    const lines = await parked.list();
    const named = (id: string) => {
      const found = lines.filter((line) => line.id.startsWith(id));
      const [only] = found;
      if (only === undefined) throw new CommandError(`No parked event has the id ${id}; linsta parked list shows the ids.`);
      if (found.length > 1) throw new CommandError(`${found.length} parked events begin with ${id}; give more of the id.`);
      return only;
    };
    if (command.verb === 'list') return print(listParked(lines));
    if (command.verb === 'show') return print(showParked(named(command.id)));
    if (command.verb === 'redrive') {
      const ids = command.id === undefined ? lines.map(({ id }) => id) : [named(command.id).id];
      const count = ids.length === 0 ? 0 : await parked.redrive(ids);
      return print(`${count} re-driven${later && count > 0 ? '; tried again when the product is started' : ''}`);
    }
    const { id, queue, reason } = named(command.id);
    await confirm(`Discard ${id} of ${queue} (${reason}) for good?`, command.yes);
    print((await parked.discard(id)) ? `${id} discarded` : `${id} was gone already`);
  } finally {
    await close();
  }
}
