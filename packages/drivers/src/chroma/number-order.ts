const sign = 0x8000_0000;

/**
 * Two whole numbers of 32 bits that, compared one after the other, order as `value` does. Chroma
 * compares whole numbers with whole numbers only, so it could not order 1, 1.5 and 2 itself.
 */
export function orderOf(value: number): [high: number, low: number] {
  const view = new DataView(new ArrayBuffer(8));
  // Adding 0 turns −0 into 0.
  view.setFloat64(0, value + 0);
  const [high, low] = [view.getUint32(0), view.getUint32(4)];
  return high >= sign ? [~high >>> 0, ~low >>> 0] : [high + sign, low];
}
