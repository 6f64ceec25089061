export { Binary, BSONRegExp, type BSONSymbol, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
export { type ByType, byType, byTypeOr } from './by-type';
export { decode } from './decode';
export { encode, MAX_DOCUMENT_BYTES, MAX_REPLY_BYTES } from './encode';
export { documentFrom, fieldKey, fieldName, fieldsOf, has, namesOf, own, put, putKey, remove } from './field-names';
export { TYPE_CODES, type TypeName } from './types';
export {
  type Doc,
  firstKey,
  isArray,
  isDocument,
  isNumberType,
  isNumeric,
  isObjectId,
  isOf,
  isRegExp,
  isTrue,
  isTypeName,
  type Numeric,
  toDouble,
  typeOf,
} from './values';
