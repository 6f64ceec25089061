import { type BSONRegExp, isRegExp } from '../bson';
import { badValue } from '../errors';
import { createMatcher } from './match';
import { parseRegex } from './parse';
import { compileProgram } from './program';
import type { Node } from './syntax';

export type TextTest = (text: string) => boolean;

export function regexTest({ pattern, options }: Pick<BSONRegExp, 'pattern' | 'options'>): TextTest {
  const { instructions, start } = compileProgram(parseRegex(pattern, options));
  return createMatcher(instructions, start);
}

/** Pattern and options of a $regex; options beside it win over its own. */
export function regexOf(pattern: unknown, options: unknown): Pick<BSONRegExp, 'pattern' | 'options'> {
  if (options !== undefined && typeof options !== 'string') throw badValue('$options has to be a string');
  if (typeof pattern === 'string') return { pattern, options: options ?? '' };
  if (!isRegExp(pattern)) throw badValue('$regex has to be a string');
  if (options !== undefined && pattern.options !== '') throw badValue('options set in both $regex and $options');
  return { pattern: pattern.pattern, options: options ?? pattern.options };
}
/** From a string or a regular expression. */
export const compileRegex = (pattern: unknown, options: unknown): TextTest => regexTest(regexOf(pattern, options));

/** The text that every match begins with at the start of the value; empty where there is none. */
export function literalPrefix({ pattern, options }: Pick<BSONRegExp, 'pattern' | 'options'>): string {
  const node = parseRegex(pattern, options);
  const parts: Node[] = node.kind === 'sequence' ? node.parts : [node];
  const [anchor, ...rest] = parts;
  if (anchor?.kind !== 'assert' || anchor.assertion !== 'start') return '';
  let prefix = '';
  for (const part of rest) {
    if (part.kind !== 'char' || part.literal === undefined) break;
    prefix += part.literal;
  }
  return prefix;
}
