import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf } from '../errors';

/**
 * A data file that is cut off or overwritten. Opening it would end the process with SIGBUS sooner
 * or later.
 */
export class DamagedFileError extends Error {}

const HEADER = 24;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
const BIG_DATA = 0x01;
const SUB_DATABASE = 0x02;
const MAX_DEPTH = 64;
/** Of a larger file the pages are counted, but those that hold data are not read. */
const MAX_READ_BYTES = 1024 ** 3;

interface Meta {
  pageSize: number;
  roots: bigint[];
  pages: number;
  transaction: bigint;
}

/**
 * Walks an lmdb file from its newest root and checks that every page in use lies inside the file
 * and is what points at it says: a file that was cut off, zeroed or overwritten is recognised
 * before lmdb maps it. Throws DamagedFileError. A file that is not there is no damage.
 */
export function assertWholeFile(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    walkFile(file, path);
  } finally {
    closeSync(file);
  }
}

function walkFile(file: number, path: string): void {
  const { size } = fstatSync(file);
  const damaged = (what: string) =>
    new DamagedFileError(
      `The data file ${path} is damaged: ${what}. Put a copy of the data directory in its place, or move the file away to begin with an empty store.`,
    );
  if (size === 0) throw damaged('it is empty (0 bytes)');
  const read = (buffer: Buffer, offset: number) => {
    if (offset + buffer.length > size) throw damaged(`it ends at byte ${size}, where page ${Math.floor(offset / buffer.length)} is in use`);
    readSync(file, buffer, 0, buffer.length, offset);
    return buffer;
  };
  const meta = newestMeta(read, size);
  if (meta === undefined) throw damaged('its first two pages are not those of a data file');
  const { pageSize, pages } = meta;
  const readsData = size <= MAX_READ_BYTES;
  let walked = 0;

  const page = (number: bigint, kinds: number, buffer: Buffer): Buffer => {
    if (number < 2n || number >= BigInt(pages)) throw damaged(`it refers to page ${number} of ${pages}`);
    walked += 1;
    if (walked > pages) throw damaged('a page is used twice');
    read(buffer, Number(number) * pageSize);
    if (buffer.readBigUInt64LE(0) !== number || (buffer.readUInt16LE(18) & kinds) === 0)
      throw damaged(`page ${number} holds something else`);
    return buffer;
  };
  const inside = (number: bigint, count: number) => {
    if (number < 2n || (number + BigInt(count)) * BigInt(pageSize) > BigInt(size))
      throw damaged(`it ends at byte ${size}, where page ${number} is in use`);
  };
  const overflow = (number: bigint) => {
    inside(number, 1);
    const head = page(number, OVERFLOW, Buffer.allocUnsafe(HEADER));
    inside(number, head.readUInt32LE(20));
  };
  const tree = (root: bigint, depth: number) => {
    if (root === NO_PAGE) return;
    if (depth > MAX_DEPTH) throw damaged('its pages form a circle');
    const buffer = page(root, BRANCH | LEAF, Buffer.allocUnsafe(pageSize));
    const isBranch = (buffer.readUInt16LE(18) & BRANCH) !== 0;
    const lower = buffer.readUInt16LE(20);
    const upper = buffer.readUInt16LE(22);
    if (lower > upper || upper + HEADER > pageSize) throw damaged(`page ${root} has impossible bounds`);
    for (let at = 0; at < lower >> 1; at += 1) {
      const node = buffer.readUInt16LE(HEADER + at * 2) + HEADER;
      if (node < HEADER + lower || node + 8 > pageSize) throw damaged(`page ${root} has an impossible entry`);
      const low = buffer.readUInt16LE(node) + buffer.readUInt16LE(node + 2) * 0x1_0000;
      const flags = buffer.readUInt16LE(node + 4);
      if (isBranch) {
        const child = BigInt(low) + (BigInt(flags) << 32n);
        if (readsData || depth < 2) tree(child, depth + 1);
        else inside(child, 1);
        continue;
      }
      const data = node + 8 + buffer.readUInt16LE(node + 6);
      if (data + ((flags & (BIG_DATA | SUB_DATABASE)) !== 0 ? 8 : low) > pageSize) throw damaged(`page ${root} has an impossible entry`);
      if ((flags & BIG_DATA) !== 0) overflow(buffer.readBigUInt64LE(data));
      if ((flags & SUB_DATABASE) !== 0) tree(buffer.readBigUInt64LE(data + 40), 0);
    }
  };
  for (const root of meta.roots) tree(root, 0);
}

/** Two pages take turns in holding the roots; the newer whole one counts. */
function newestMeta(read: (buffer: Buffer, offset: number) => Buffer, size: number): Meta | undefined {
  const at = (offset: number): Meta | undefined => {
    if (offset + 512 > size) return undefined;
    const head = read(Buffer.allocUnsafe(512), offset).subarray(HEADER);
    if (head.readUInt32LE(0) !== MAGIC || head.readUInt32LE(4) % 0x1_0000 !== VERSION) return undefined;
    const pageSize = head.readUInt32LE(24);
    if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) return undefined;
    return {
      pageSize,
      roots: [head.readBigUInt64LE(64), head.readBigUInt64LE(112)],
      pages: Number(head.readBigUInt64LE(120)) + 1,
      transaction: head.readBigUInt64LE(128),
    };
  };
  const first = at(0);
  const metas = [first, at(first?.pageSize ?? 4_096)].flatMap((meta) => meta ?? []);
  return metas.length < 2 ? undefined : metas.reduce((best, meta) => (meta.transaction > best.transaction ? meta : best));
}
