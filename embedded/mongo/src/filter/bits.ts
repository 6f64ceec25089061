import { type Binary, isNumeric, isOf, toDouble } from '../bson';
import { badValue, notHere } from '../errors';
import { truncated } from '../numbers';

export const BIT_OPERATORS = ['$bitsAllSet', '$bitsAllClear', '$bitsAnySet', '$bitsAnyClear'] as const;
const MAX_POSITIONS = 100_000;

/** Whether bit `position` of binary data is set; the first byte holds the lowest bits. */
const binaryBit = (value: Binary, position: number): boolean => {
  const byte = position >> 3;
  return byte < value.position && (((value.buffer[byte] ?? 0) >> (position & 7)) & 1) === 1;
};
/** A negative number's sign goes on for ever, as in two's complement. */
const numberBit = (value: bigint, position: number): boolean => ((value >> BigInt(Math.min(position, 64))) & 1n) === 1n;

/** The positions that a mask names: a number, binary data, or a list of positions. */
function positionsOf(operator: string, mask: unknown): number[] {
  if (Array.isArray(mask))
    return mask.map((position: unknown) => {
      const at = isNumeric(position) ? toDouble(position) : NaN;
      if (!Number.isInteger(at) || at < 0 || at > 0x7fff_ffff)
        throw badValue(`bit positions of ${operator} must be whole numbers that are not negative`);
      return at;
    });
  if (isOf(mask, 'binData')) {
    const bits = mask;
    if (bits.position * 8 > MAX_POSITIONS) throw notHere(`${operator} with a mask of more than ${MAX_POSITIONS} bits`);
    return Array.from({ length: bits.position * 8 }, (_, at) => at).filter((at) => binaryBit(bits, at));
  }
  const number = isNumeric(mask) && Number.isInteger(toDouble(mask)) ? truncated(mask) : undefined;
  if (number === undefined || number < 0n || BigInt.asIntN(64, number) !== number)
    throw badValue(`${operator} takes an Array, a number that is not negative, or a BinData`);
  return Array.from({ length: 64 }, (_, at) => at).filter((at) => numberBit(number, at));
}

/** Compares bits of whole numbers and of binary data with a mask. */
export function bitsTest(operator: (typeof BIT_OPERATORS)[number], operand: unknown): (value: unknown) => boolean {
  const positions = positionsOf(operator, operand);
  return (value) => {
    let isSet: (position: number) => boolean;
    if (isOf(value, 'binData')) isSet = (position) => binaryBit(value, position);
    else {
      const number = isNumeric(value) && Number.isInteger(toDouble(value)) ? truncated(value) : undefined;
      if (number === undefined || BigInt.asIntN(64, number) !== number) return false;
      isSet = (position) => numberBit(number, position);
    }
    switch (operator) {
      case '$bitsAllSet':
        return positions.every(isSet);
      case '$bitsAllClear':
        return !positions.some(isSet);
      case '$bitsAnySet':
        return positions.some(isSet);
      case '$bitsAnyClear':
        return !positions.every(isSet);
    }
  };
}
