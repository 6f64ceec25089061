import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCUMULATOR_NAMES } from '../src/aggregate/accumulators';
import { STAGE_NAMES } from '../src/aggregate/stage-names';
import { COMMAND_NAMES } from '../src/commands/commands';
import { EXPRESSION_NAMES } from '../src/expressions/compile';
import { compileFilter, FIELD_OPERATORS, FILTER_OPERATORS } from '../src/filter/filter';
import { UPDATE_OPERATORS } from '../src/update/update';

const README = join(__dirname, '..', 'README.md');

const table = () =>
  Object.entries({
    commands: COMMAND_NAMES,
    'filters, of documents': FILTER_OPERATORS,
    'filters, of fields': FIELD_OPERATORS,
    updates: [...UPDATE_OPERATORS, '`$`', '`$[]`', '`$[name]`', 'pipelines'],
    stages: STAGE_NAMES,
    accumulators: ACCUMULATOR_NAMES,
    expressions: EXPRESSION_NAMES,
  })
    .map(([what, names]) => `| ${what} | ${names.map((name) => (/^\$\w/.test(name) ? `\`${name}\`` : name)).join(' ')} |`)
    .join('\n');

test('when the README says what the store does, then the code does it (UPDATE_DOCS=1 writes it)', () => {
  const written = readFileSync(README, 'utf8');
  const current = written.replace(
    /(<!-- table -->\n)[^]*?(<!-- end -->)/,
    (_, begin: string, end: string) => `${begin}\n| | |\n| --- | --- |\n${table()}\n\n${end}`,
  );
  const plain = (text: string) => text.replaceAll(/ +\|/g, ' |').replaceAll(/\| +/g, '| ').replaceAll(/-{3,}/g, '---');
  if (process.env.UPDATE_DOCS === '1') writeFileSync(README, current);
  else expect(plain(written)).toBe(plain(current));
});

test('when an operator stands in the table, then the matcher knows it', () => {
  const refusal = (filter: Record<string, unknown>) => {
    try {
      compileFilter(filter);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  // The operands are nonsense on purpose: that which is known complains of them, that which is
  // unknown of itself.
  for (const operator of FIELD_OPERATORS)
    expect(refusal({ a: { [operator]: {} } })).not.toMatch(/unknown operator|^\$\w+ is not in the embedded store/);
  for (const operator of FILTER_OPERATORS)
    expect(refusal({ [operator]: {} })).not.toMatch(/unknown top level|^\$\w+ is not in the embedded store/);
  expect(refusal({ a: { $like: {} } })).toMatch(/unknown operator/);
});
