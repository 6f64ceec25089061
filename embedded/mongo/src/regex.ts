import { type BSONRegExp, isRegExp } from './bson';
import { badValue, notHere } from './errors';

/** In PCRE `$` matches before a last line break too, and `.` stops at a line break alone. */
function translated(pattern: string, options: string): string {
  let inClass = false;
  return pattern.replaceAll(/\\[^]|[[\].$]/g, (part) => {
    if (part === '[') inClass = true;
    else if (part === ']') inClass = false;
    else if (!inClass && part === '$' && !options.includes('m')) return '(?=\\n?$)';
    else if (!inClass && part === '.' && !options.includes('s')) return '[^\\n]';
    return part;
  });
}

/** A pattern as JavaScript runs it. MongoDB's PCRE has more: what JavaScript does not know is refused, not passed over. */
export function regexOf({ pattern, options }: Pick<BSONRegExp, 'pattern' | 'options'>): RegExp {
  if (/[^imsxu]/.test(options)) throw badValue(`invalid flag in regex options: ${options}`);
  if (options.includes('x')) throw notHere('the extended (x) regex option');
  if (/\\[AZzGQEKRhHvVXNae]|\\[pP](?!\{)|\[\[:|\(\?[#>|a-zA-Z^-]|\(\*/.test(pattern.replaceAll('\\\\', '')))
    throw notHere(`this part of PCRE in /${pattern}/`);
  const source = translated(pattern, options);
  const flags = [...new Set(options)].filter((flag) => 'ims'.includes(flag)).join('');
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    try {
      return new RegExp(source, flags);
    } catch (error) {
      throw badValue(`Regular expression is invalid: ${(error as Error).message}`);
    }
  }
}
/** From a string or a regular expression; options given beside it win. */
export function compileRegex(pattern: unknown, options: unknown): RegExp {
  if (options !== undefined && typeof options !== 'string') throw badValue('$options has to be a string');
  if (typeof pattern !== 'string' && !isRegExp(pattern)) throw badValue('$regex has to be a string');
  return regexOf(
    typeof pattern === 'string' ? { pattern, options: options ?? '' } : { pattern: pattern.pattern, options: options ?? pattern.options },
  );
}
