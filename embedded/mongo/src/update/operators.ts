import { bsonType, isDocument, isNumeric, Int32, Long, Timestamp, toDouble, typeName } from '../bson';
import { compare } from '../compare';
import { structuredCopy } from '../documents';
import { badValue, typeMismatch } from '../errors';
import { add, multiply } from '../numbers';
import { addToSet, pop, pull, pullAll, push } from './array-operators';
import { each } from './each';
import { type Apply, places, read, write } from './places';

const numericOperand = (operator: string, path: string, operand: unknown) => {
  if (!isNumeric(operand))
    throw typeMismatch(
      `Cannot ${operator === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`,
    );
  return operand;
};
const arithmetic =
  (operator: '$inc' | '$mul') =>
  (path: string, operand: unknown): Apply => {
    const by = numericOperand(operator, path, operand);
    return each(true, (place, value) => {
      if (value === undefined) return write(place, operator === '$inc' ? by : (multiply(by, new Int32(0)) ?? new Int32(0)));
      if (!isNumeric(value))
        throw typeMismatch(
          `Cannot apply ${operator} to a value of non-numeric type. {${path}: ${JSON.stringify(value)}} has the field '${place.key}' of non-numeric type ${typeName(value)}`,
        );
      const result = operator === '$inc' ? add(value, by) : multiply(value, by);
      if (result === undefined)
        throw badValue(`Failed to apply ${operator} operations to current value (${JSON.stringify(value)}): it would overflow`);
      write(place, result);
    })(path);
  };
const extreme = (sign: number) => (path: string, operand: unknown) =>
  each(true, (place, value) => {
    if (value === undefined || compare(operand, value) * sign > 0) write(place, operand);
  })(path);

function bit(path: string, operand: unknown): Apply {
  if (!isDocument(operand)) throw badValue('The $bit modifier is not compatible with this operand');
  return each(true, (place, value) => {
    let result = value === undefined ? new Int32(0) : value;
    for (const [name, by] of Object.entries(operand)) {
      const types = [bsonType(result), bsonType(by)];
      if (types.some((type) => type !== 16 && type !== 18)) throw badValue('Cannot apply $bit to a value of non-integral type');
      const [x, y] = [result, by].map((part) => (bsonType(part) === 18 ? (part as Long).toBigInt() : BigInt(toDouble(part)))) as [
        bigint,
        bigint,
      ];
      const bits = name === 'and' ? x & y : name === 'or' ? x | y : name === 'xor' ? x ^ y : undefined;
      if (bits === undefined) throw badValue(`The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
      result = types.includes(18) ? Long.fromBigInt(BigInt.asIntN(64, bits)) : new Int32(Number(BigInt.asIntN(32, bits)));
    }
    write(place, result);
  })(path);
}

export const OPERATORS: Record<string, (path: string, operand: unknown) => Apply> = {
  $set: (path, operand) => each(true, (place) => write(place, structuredCopy(operand)))(path),
  $setOnInsert: (path, operand) => (doc, context) => {
    if (context.inserting) each(true, (place) => write(place, structuredCopy(operand)))(path)(doc, context);
  },
  $unset: (path) =>
    each(false, ({ holder, key }) => {
      if (!Array.isArray(holder)) delete holder[key];
      else if (Number(key) < holder.length) holder[Number(key)] = null;
    })(path),
  $inc: arithmetic('$inc'),
  $mul: arithmetic('$mul'),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: (path, operand) => {
    const type = isDocument(operand) ? operand.$type : 'date';
    if (type !== 'date' && type !== 'timestamp') throw badValue(`The '$type' string field is required to be 'date' or 'timestamp'`);
    return each(true, (place) => write(place, type === 'date' ? new Date() : Timestamp.fromBits(1, Math.floor(Date.now() / 1000))))(path);
  },
  $rename: (path, operand) => {
    if (typeof operand !== 'string') throw badValue(`The 'to' field for $rename must be a string: ${path}`);
    return (doc, context) => {
      const [from] = places(doc, path, false, context);
      const value = from === undefined ? undefined : read(from);
      if (from === undefined || value === undefined) return;
      if (Array.isArray(from.holder)) throw badValue('The source field cannot be an array element');
      delete from.holder[from.key];
      for (const to of places(doc, operand, true, context)) write(to, value);
    };
  },
  $push: push,
  $addToSet: addToSet,
  $pop: pop,
  $pull: pull,
  $pullAll: pullAll,
  $bit: bit,
};
