import { parseArgs } from 'node:util';
import type { ParkedLine } from '@linsta/bus';
import { messageOf } from '@linsta/core';
import { CommandError } from '../command-error';

export const PARKED_USAGE = 'linsta parked list | show ID | redrive ID | redrive --all | discard ID [--yes]';

export type ParkedCommand =
  | { verb: 'list' }
  | { verb: 'show'; id: string }
  | { verb: 'redrive'; id: string | undefined }
  | { verb: 'discard'; id: string; yes: boolean };

/** Reads the arguments after `parked`. Throws a CommandError that ends with the usage. */
export function readParkedCommand(args: string[]): ParkedCommand {
  const refuse = (sentence: string) => new CommandError(`${sentence}\nUsage: ${PARKED_USAGE}`);
  const parsed = (() => {
    try {
      return parseArgs({ args, allowPositionals: true, options: { all: { type: 'boolean' }, yes: { type: 'boolean' } } });
    } catch (error) {
      throw refuse(messageOf(error));
    }
  })();
  const [verb, id, ...more] = parsed.positionals;
  const { all = false, yes = false } = parsed.values;
  if (more.length > 0) throw refuse(`parked ${verb ?? ''} takes one id.`);
  if (verb === 'list' && id === undefined) return { verb };
  if (verb === 'redrive' && (id === undefined) === all) return { verb, id };
  if (verb === 'redrive') throw refuse('Name the parked event to try again: its id, or --all.');
  if ((verb === 'show' || verb === 'discard') && id === undefined) throw refuse(`Name the parked event: ${verb} takes its id.`);
  if (verb === 'show' && id !== undefined) return { verb, id };
  if (verb === 'discard' && id !== undefined) return { verb, id, yes };
  throw refuse(`parked knows list, show, redrive and discard, not ${JSON.stringify(verb ?? '')}.`);
}

const LONGEST_REASON = 80;
const EPOCH = 0;

const typeOf = (raw: string): string => {
  try {
    const { type } = JSON.parse(raw) as { type?: unknown };
    return typeof type === 'string' ? type.slice(0, 20) : '-';
  } catch {
    return '-';
  }
};
const whenOf = ({ parkedAt }: ParkedLine) => (parkedAt.getTime() === EPOCH ? '-' : `${parkedAt.toISOString().slice(0, 19)}Z`);
/** Control characters of an event must not reach the terminal. */
const harmless = (text: string) => text.replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

/** A table, oldest event first. */
export function listParked(lines: ParkedLine[]): string {
  if (lines.length === 0) return 'Nothing is parked.';
  const rows = lines.map((line) => [
    line.id,
    whenOf(line),
    line.queue,
    String(line.attempts),
    typeOf(line.raw),
    `${line.redriving ? '(being re-driven) ' : ''}${line.copies > 1 ? `(${line.copies} copies) ` : ''}${line.reason.slice(0, LONGEST_REASON)}`,
  ]);
  const table = [['ID', 'PARKED', 'QUEUE', 'TRIES', 'TYPE', 'REASON'], ...rows].map((row) =>
    row.map((cell) => harmless(cell).replaceAll('\n', ' ')),
  );
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  const text = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...text, `${lines.length} parked`].join('\n');
}

const MAX_SHOWN = 20_000;

/** One event in full, its body as received; JSON is indented. */
export function showParked(line: ParkedLine): string {
  const body = (() => {
    try {
      return JSON.stringify(JSON.parse(line.raw), null, 2);
    } catch {
      return line.raw;
    }
  })();
  const head = { id: line.id, queue: line.queue, parked: whenOf(line), tries: line.attempts, copies: line.copies, reason: line.reason };
  const rest = body.length > MAX_SHOWN ? `\n... and ${body.length - MAX_SHOWN} characters more` : '';
  return (
    harmless([...Object.entries(head).map(([name, value]) => `${name.padEnd(8)}${value}`), '', body.slice(0, MAX_SHOWN)].join('\n')) + rest
  );
}
