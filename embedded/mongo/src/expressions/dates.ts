import { byType, byTypeOr, isDocument, namesOf } from '../bson';
import { notHere } from '../errors';
import { wrap } from '../numbers';
import { type Compiler, type Expression, failure, found, missing, type Operator, type Operators } from './expression';
import { list, named } from './operands';

const CARRIED = byTypeOr<undefined, Date>(
  (value) => {
    throw failure(`can't convert from BSON type ${found(value)} to Date`, 16006);
  },
  {
    date: (value) => value,
    objectId: (value) => value.getTimestamp(),
    timestamp: (value) => new Date(value.getHighBitsUnsigned() * 1_000),
  },
);
/** The date in a value that carries one. */
const dateOf = (value: unknown): Date => byType(CARRIED, value, undefined);
const UTC = ['UTC', 'GMT', 'Z', '+00', '+0000', '+00:00'];
/** Answers whether the time zone is null, which makes the result null. */
const isNullZone = (zone: unknown, operator: string): boolean => {
  if (missing(zone)) return true;
  if (typeof zone !== 'string') throw failure(`timezone must evaluate to a string, found: ${found(zone)}`, 40517);
  if (!UTC.includes(zone)) throw notHere(`${operator} in another time zone than UTC`);
  return false;
};

/** `<expression>`, `[<expression>]` or `{ date, timezone }`. */
const dated = (operand: unknown, compiler: Compiler): { date: Expression; zone: Expression } => {
  const utc: Expression = () => 'UTC';
  if (!isDocument(operand) || namesOf(operand)[0]?.startsWith('$') === true) {
    const [date = utc] = list(operand, compiler, 1, 1);
    return { date, zone: utc };
  }
  const fields = named(operand, compiler.operator, ['date'], ['timezone']);
  return { date: compiler.compile(fields.date), zone: 'timezone' in fields ? compiler.compile(fields.timezone) : utc };
};
const part =
  (of: (date: Date) => number): Operator =>
  (operand, compiler) => {
    const { date, zone } = dated(operand, compiler);
    return (scope) => {
      const value = date(scope);
      if (isNullZone(zone(scope), compiler.operator) || missing(value)) return null;
      return wrap(of(dateOf(value)));
    };
  };

const padded = (value: number, digits: number) => String(value).padStart(digits, '0');
const dayOfYear = (date: Date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1;
const FORMATS: Record<string, (date: Date) => string> = {
  '%Y': (date) => padded(date.getUTCFullYear(), 4),
  '%m': (date) => padded(date.getUTCMonth() + 1, 2),
  '%d': (date) => padded(date.getUTCDate(), 2),
  '%H': (date) => padded(date.getUTCHours(), 2),
  '%M': (date) => padded(date.getUTCMinutes(), 2),
  '%S': (date) => padded(date.getUTCSeconds(), 2),
  '%L': (date) => padded(date.getUTCMilliseconds(), 3),
  '%j': (date) => padded(dayOfYear(date), 3),
  '%z': () => '+0000',
  '%Z': () => '+000',
  '%%': () => '%',
};
const NOT_HERE = ['%G', '%u', '%U', '%V', '%w', '%b', '%B'];

function formatted(date: Date, pattern: string): string {
  if (date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999)
    throw failure('$dateToString is only defined on the years 0 to 9999', 18537);
  return pattern.replaceAll(/%(?:.|$)/gs, (code) => {
    const write = FORMATS[code];
    if (write !== undefined) return write(date);
    if (NOT_HERE.includes(code)) throw notHere(`${code} in $dateToString`);
    throw failure(`Invalid format character '${code}' in format string`, 18536);
  });
}

export const DATES: Operators = {
  $year: part((date) => date.getUTCFullYear()),
  $month: part((date) => date.getUTCMonth() + 1),
  $dayOfMonth: part((date) => date.getUTCDate()),
  $hour: part((date) => date.getUTCHours()),
  $minute: part((date) => date.getUTCMinutes()),
  $second: part((date) => date.getUTCSeconds()),
  $millisecond: part((date) => date.getUTCMilliseconds()),
  $dayOfWeek: part((date) => date.getUTCDay() + 1),
  $dayOfYear: part(dayOfYear),
  $dateToString: (operand, { operator, compile }) => {
    const fields = named(operand, operator, ['date'], ['format', 'timezone', 'onNull']);
    const date = compile(fields.date);
    const zone: Expression = 'timezone' in fields ? compile(fields.timezone) : () => 'UTC';
    const format: Expression = 'format' in fields ? compile(fields.format) : () => '%Y-%m-%dT%H:%M:%S.%LZ';
    const onNull: Expression = 'onNull' in fields ? compile(fields.onNull) : () => null;
    return (scope) => {
      const [value, pattern] = [date(scope), format(scope)];
      if (!missing(pattern) && typeof pattern !== 'string') throw failure("$dateToString requires that 'format' be a string", 18533);
      if (isNullZone(zone(scope), operator) || missing(pattern)) return null;
      return missing(value) ? onNull(scope) : formatted(dateOf(value), pattern);
    };
  },
};
