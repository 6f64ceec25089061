import { Int32, isDocument, isNumeric, isOf, Long, type Numeric, remove, Timestamp, toDouble, typeOf } from '../bson';
import { compare } from '../compare';
import { structuredCopy } from '../documents';
import { badValue, typeMismatch } from '../errors';
import { add, multiply } from '../numbers';
import { shown } from '../shown';
import { type Place, write } from './update-paths';

/** What an operator does at one concrete path. */
export interface FieldChange {
  /** Missing documents on the way are made. */
  create: boolean;
  onlyOnInsert?: true;
  change(place: Place, value: unknown): void;
}
/** Checks the operand, once, and answers the change. */
export type FieldOperator = (path: string, operand: unknown) => FieldChange;

const arithmetic =
  (operator: '$inc' | '$mul'): FieldOperator =>
  (path, operand) => {
    if (!isNumeric(operand))
      throw typeMismatch(
        `Cannot ${operator === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${path}: ${shown(operand)}}`,
      );
    return {
      create: true,
      change(place, value) {
        if (value === undefined) return write(place, operator === '$inc' ? operand : (multiply(operand, new Int32(0)) ?? new Int32(0)));
        if (!isNumeric(value))
          throw typeMismatch(
            `Cannot apply ${operator} to a value of non-numeric type. {${path}: ${shown(value)}} has the field '${place.key}' of non-numeric type ${typeOf(value)}`,
          );
        const result = operator === '$inc' ? add(value, operand) : multiply(value, operand);
        if (result === undefined)
          throw badValue(`Failed to apply ${operator} operations to current value (${shown(value)}): it would overflow`);
        write(place, result);
      },
    };
  };
const extreme =
  (sign: number): FieldOperator =>
  (_, operand) => ({
    create: true,
    change(place, value) {
      if (value === undefined || compare(operand, value) * sign > 0) write(place, structuredCopy(operand));
    },
  });
export const set: FieldOperator = (_, operand) => ({ create: true, change: (place) => write(place, structuredCopy(operand)) });

const isWhole = (value: unknown): value is Numeric => typeOf(value) === 'int' || typeOf(value) === 'long';
const BITWISE: Record<string, (a: bigint, b: bigint) => bigint> = { and: (a, b) => a & b, or: (a, b) => a | b, xor: (a, b) => a ^ b };
const bigintOf = (value: Numeric) => (isOf(value, 'long') ? value.toBigInt() : BigInt(toDouble(value)));
const bit: FieldOperator = (path, operand) => {
  if (!isDocument(operand)) throw badValue(`The $bit modifier is not compatible with a ${typeOf(operand)}`);
  const steps = Object.entries(operand).map(([name, by]) => {
    const apply = Object.hasOwn(BITWISE, name) ? BITWISE[name] : undefined;
    if (apply === undefined) throw badValue(`The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
    if (!isWhole(by)) throw badValue(`The $bit modifier field must be an Integer(32/64 bit); a '${typeOf(by)}' is not supported here`);
    return { apply, by };
  });
  if (steps.length === 0) throw badValue('You must pass in at least one bitwise operation');
  return {
    create: true,
    change(place, value) {
      let result: unknown = value === undefined ? new Int32(0) : value;
      for (const { apply, by } of steps) {
        if (!isWhole(result)) throw badValue(`Cannot apply $bit to a value of non-integral type: ${path} is ${typeOf(result)}`);
        const bits = apply(bigintOf(result), bigintOf(by));
        const long = typeOf(result) === 'long' || typeOf(by) === 'long';
        result = long ? Long.fromBigInt(BigInt.asIntN(64, bits)) : new Int32(Number(BigInt.asIntN(32, bits)));
      }
      write(place, result);
    },
  };
};

const currentDate: FieldOperator = (path, operand) => {
  let type: unknown = 'date';
  if (isDocument(operand)) {
    for (const key of Object.keys(operand)) if (key !== '$type') throw badValue(`Unrecognized $currentDate option: ${key}`);
    type = operand.$type;
  } else if (typeof operand !== 'boolean')
    throw badValue(`${typeOf(operand)} is not valid type for $currentDate of ${path}. Please use a boolean or a $type expression`);
  if (type !== 'date' && type !== 'timestamp') throw badValue(`The '$type' string field is required to be 'date' or 'timestamp'`);
  return {
    create: true,
    change: (place) => write(place, type === 'date' ? new Date() : Timestamp.fromBits(1, Math.floor(Date.now() / 1000))),
  };
};

export const FIELD_OPERATORS: Record<string, FieldOperator> = {
  $set: set,
  $setOnInsert: (path, operand) => ({ ...set(path, operand), onlyOnInsert: true }),
  $unset: () => ({
    create: false,
    change({ holder, key }) {
      if (!Array.isArray(holder)) remove(holder, key);
      else if (Number(key) < holder.length) holder[Number(key)] = null;
    },
  }),
  $inc: arithmetic('$inc'),
  $mul: arithmetic('$mul'),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: currentDate,
  $bit: bit,
};
