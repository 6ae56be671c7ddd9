import { PalimpsestError } from "@palimpsest/core";

/** Reads one thing after another. Every method throws `E_CORRUPT` at the end of the bytes. */
export class ByteCursor {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Seven bits per byte, the lowest first; at most `Number.MAX_SAFE_INTEGER`. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#take(1)[0]!;
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw damaged("a number that is too large");
      if (byte < 128) return value;
      if (scale > 2 ** 49) throw damaged("a number that does not end");
    }
  }

  text(): string {
    return this.#take(this.varint()).toString("utf8");
  }

  double(): number {
    return this.#take(8).readDoubleLE();
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw damaged("an early end");
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

export function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

export function textOf(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([varintOf(bytes.length), bytes]);
}

export function doubleOf(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

export function damaged(what: string): PalimpsestError {
  return new PalimpsestError("E_CORRUPT", `a cached value has ${what}; it is taken for a miss`);
}
