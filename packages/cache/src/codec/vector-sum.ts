/** Odd, so that no multiplication loses a bit: FNV's prime. */
const prime = 0x01000193;
/** At least, of a vector that has so many. */
const samples = 16;
const numberBytes = 4;

/**
 * A checksum of 32 bits over a header and over numbers of a vector at equal distances. Reading all
 * of them would cost a batch of vectors as much as everything else that is done with it here.
 * @param from - where the header begins
 * @param to - where the numbers begin, which reach to the end
 */
export function vectorSum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 1;
  for (let i = from; i < to; i++) sum = mixed(sum, bytes[i]!);
  const numbers = (bytes.length - to) / numberBytes;
  const step = Math.max(1, Math.floor(numbers / samples)) * numberBytes;
  for (let i = to; i < bytes.length; i += step) {
    for (let j = i; j < i + numberBytes; j++) sum = mixed(sum, bytes[j]!);
  }
  return sum >>> 0;
}

/** The rotation lets high bits, such as signs, reach the low ones. */
function mixed(sum: number, byte: number): number {
  const product = Math.imul(sum ^ byte, prime);
  return (product << 13) | (product >>> 19);
}
