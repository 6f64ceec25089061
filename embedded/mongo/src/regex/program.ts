import { notHere } from '../errors';
import type { Assertion, CharTest, Node } from './syntax';

export type Instruction =
  | { kind: 'char'; test: CharTest; next: number }
  | { kind: 'assert'; assertion: Assertion; next: number }
  | { kind: 'split'; next: number; other: number }
  | { kind: 'match' };

/** Bounds the work for one character of text. */
const MAX_INSTRUCTIONS = 2_000;

/**
 * Thompson's construction: a program whose threads all move one character at a time. Written
 * backwards, `match` first.
 */
export function compileProgram(node: Node): { instructions: Instruction[]; start: number } {
  const instructions: Instruction[] = [{ kind: 'match' }];
  const emit = (instruction: Instruction): number => {
    if (instructions.length >= MAX_INSTRUCTIONS) throw notHere(`a regular expression of more than ${MAX_INSTRUCTIONS} steps`);
    return instructions.push(instruction) - 1;
  };
  const build = (part: Node, next: number): number => {
    switch (part.kind) {
      case 'char':
        return emit({ kind: 'char', test: part.test, next });
      case 'assert':
        return emit({ kind: 'assert', assertion: part.assertion, next });
      case 'sequence':
        return part.parts.reduceRight((following, inner) => build(inner, following), next);
      case 'choice':
        return part.branches
          .map((branch) => build(branch, next))
          .reduceRight((other, branch) => emit({ kind: 'split', next: branch, other }));
      case 'repeat': {
        let following = next;
        if (part.most === Infinity) {
          const loop = emit({ kind: 'split', next, other: next });
          instructions[loop] = { kind: 'split', next: build(part.part, loop), other: next };
          following = loop;
        } else
          for (let extra = part.least; extra < part.most; extra += 1)
            following = emit({ kind: 'split', next: build(part.part, following), other: next });
        for (let times = 0; times < part.least; times += 1) following = build(part.part, following);
        return following;
      }
    }
  };
  const start = build(node, 0);
  return { instructions, start };
}
