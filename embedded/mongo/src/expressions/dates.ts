import { type Doc, isDocument, ObjectId, Timestamp, typeName } from '../bson';
import { notHere } from '../errors';
import { wrap } from '../numbers';
import { failure, listOf, missing, type Operator } from './operator';

/** The date in a value that carries one. */
const dateOf = (value: unknown): Date => {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  if (value instanceof Timestamp) return new Date(value.getHighBits() * 1_000);
  throw failure(`can't convert from BSON type ${typeName(value)} to Date`, 16006);
};
/** Given as an expression or as `{ date }`; other time zones than UTC are not here. */
function part(operator: string, of: (date: Date) => number): Operator {
  return (operand, run) => {
    const options = isDocument(operand) && 'date' in operand ? operand : ({ date: listOf(operand)[0] } as Doc);
    assertUtc(options.timezone === undefined ? undefined : run(options.timezone), operator);
    const value = run(options.date);
    return missing(value) ? null : wrap(of(dateOf(value)));
  };
}
const assertUtc = (zone: unknown, operator: string) => {
  if (zone !== undefined && (typeof zone !== 'string' || !['UTC', 'GMT', 'Z', '+00', '+0000', '+00:00'].includes(zone)))
    throw notHere(`${operator} in another time zone than UTC`);
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

export const DATES: Record<string, Operator> = {
  $year: part('$year', (date) => date.getUTCFullYear()),
  $month: part('$month', (date) => date.getUTCMonth() + 1),
  $dayOfMonth: part('$dayOfMonth', (date) => date.getUTCDate()),
  $hour: part('$hour', (date) => date.getUTCHours()),
  $minute: part('$minute', (date) => date.getUTCMinutes()),
  $second: part('$second', (date) => date.getUTCSeconds()),
  $millisecond: part('$millisecond', (date) => date.getUTCMilliseconds()),
  $dayOfWeek: part('$dayOfWeek', (date) => date.getUTCDay() + 1),
  $dayOfYear: part('$dayOfYear', dayOfYear),
  $dateToString: (operand, run) => {
    const { date, format, timezone, onNull } = operand as Doc;
    assertUtc(timezone === undefined ? undefined : run(timezone), '$dateToString');
    const value = run(date);
    if (missing(value)) return onNull === undefined ? null : run(onNull);
    const pattern = format === undefined ? '%Y-%m-%dT%H:%M:%S.%LZ' : run(format);
    if (typeof pattern !== 'string') throw failure("$dateToString requires that 'format' be a string", 18533);
    return pattern.replaceAll(/%./g, (code) => {
      const write = FORMATS[code];
      if (write === undefined) throw notHere(`${code} in $dateToString`);
      return write(dateOf(value));
    });
  },
};
