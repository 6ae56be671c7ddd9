import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";

// Of what every supported Node has, the smallest result at a cost that a model call does not notice.
const settings = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
/** Worth the work of unpacking only when at least a tenth is saved. */
const worthwhile = 0.9;

const pack = promisify(brotliCompress);
const unpack = promisify(brotliDecompress);

/** @returns undefined when the bytes hardly shrink */
export async function compress(bytes: Uint8Array): Promise<Buffer | undefined> {
  const packed = await pack(bytes, settings);
  return packed.byteLength <= bytes.byteLength * worthwhile ? packed : undefined;
}

/** @param length - that the result must have: no more is ever unpacked */
export async function decompress(bytes: Uint8Array, length: number): Promise<Buffer> {
  const unpacked = await unpack(bytes, { maxOutputLength: Math.max(1, length) });
  if (unpacked.byteLength === length) return unpacked;
  throw new RangeError(`unpacked to ${unpacked.byteLength} bytes instead of ${length}`);
}
