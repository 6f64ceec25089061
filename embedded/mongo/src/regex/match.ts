import type { Instruction } from './program';
import { type Assertion, isNewline, isWord } from './syntax';

type Before = 'start' | 'newline' | 'word' | 'other';
type After = 'end' | 'lastNewline' | 'newline' | 'word' | 'other';
/** Where the threads of the program stand between two characters. */
interface State {
  threads: number[];
  before: Before;
  /** By code point, or one of the two symbols below; `true`: the text matches. */
  steps: Map<number, State | boolean>;
}
const END = -1;
const LAST_NEWLINE = -2;
/**
 * Remembered steps; beyond, all are forgotten, and the work for a character is that of the program.
 */
const MAX_STEPS = 20_000;

const holds = (assertion: Assertion, before: Before, after: After): boolean => {
  switch (assertion) {
    case 'start':
      return before === 'start';
    case 'lineStart':
      return before === 'start' || (before === 'newline' && after !== 'end');
    case 'end':
      return after === 'end';
    case 'lastLineEnd':
      return after === 'end' || after === 'lastNewline';
    case 'lineEnd':
      return after === 'end' || after === 'lastNewline' || after === 'newline';
    case 'wordBoundary':
      return (before === 'word') !== (after === 'word');
    case 'noWordBoundary':
      return (before === 'word') === (after === 'word');
  }
};

/**
 * Answers whether a text matches, in time linear in its length: every state is visited once for
 * each character.
 */
export function createMatcher(instructions: readonly Instruction[], start: number): (text: string) => boolean {
  let states = new Map<string, State>();
  let steps = 0;

  const stateOf = (threads: number[], before: Before): State => {
    const key = `${before} ${threads.join()}`;
    let state = states.get(key);
    if (state === undefined) states.set(key, (state = { threads, before, steps: new Map() }));
    return state;
  };

  const step = ({ threads, before }: State, symbol: number): State | boolean => {
    const code = symbol === LAST_NEWLINE ? 0x0a : symbol;
    const after: After =
      symbol === END ? 'end' : symbol === LAST_NEWLINE ? 'lastNewline' : isNewline(code) ? 'newline' : isWord(code) ? 'word' : 'other';
    const seen = new Set<number>();
    const next = new Set<number>();
    // A match may begin anywhere: a new thread starts at every character.
    const pending = [...threads, start];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const instruction = instructions[at];
      if (instruction === undefined || instruction.kind === 'match') return true;
      if (instruction.kind === 'split') pending.push(instruction.next, instruction.other);
      else if (instruction.kind === 'assert') {
        if (holds(instruction.assertion, before, after)) pending.push(instruction.next);
      } else if (code >= 0 && instruction.test(code)) next.add(instruction.next);
    }
    if (symbol === END) return false;
    return stateOf(
      [...next].sort((a, b) => a - b),
      isNewline(code) ? 'newline' : isWord(code) ? 'word' : 'other',
    );
  };

  return (text) => {
    let state = stateOf([], 'start');
    for (let at = 0; at <= text.length;) {
      const code = at === text.length ? END : (text.codePointAt(at) ?? 0);
      const symbol = code === 0x0a && at === text.length - 1 ? LAST_NEWLINE : code;
      let next = state.steps.get(symbol);
      if (next === undefined) {
        steps += 1;
        if (steps > MAX_STEPS) {
          states = new Map();
          steps = 0;
          state = stateOf(state.threads, state.before);
        }
        next = step(state, symbol);
        state.steps.set(symbol, next);
      }
      if (typeof next === 'boolean') return next;
      state = next;
      at += code > 0xffff ? 2 : 1;
    }
    return false;
  };
}
