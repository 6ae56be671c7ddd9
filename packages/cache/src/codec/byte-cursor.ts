import { PalimpsestError } from "@palimpsest/core";

/** Reads one thing after another. Every method throws `E_CORRUPT` at the end of the bytes. */
export class ByteCursor {
  /** Where the next thing begins. */
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Seven bits per byte, the lowest first; at most `Number.MAX_SAFE_INTEGER`. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#pass(1)]!;
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw damaged("a number that is too large");
      if (byte < 128) return value;
      if (scale > 2 ** 49) throw damaged("a number that does not end");
    }
  }

  text(): string {
    const length = this.varint();
    const start = this.#pass(length);
    return bufferOf(this.#bytes, start, start + length).toString();
  }

  double(): number {
    const start = this.#pass(8);
    return bufferOf(this.#bytes, start, start + 8).readDoubleLE();
  }

  /** Skips to a multiple of `bytes`, counted from the beginning. */
  align(bytes: number): void {
    this.#pass(paddingTo(bytes, this.at));
  }

  /** @returns where the passed bytes begin */
  #pass(length: number): number {
    const start = this.at;
    this.at += length;
    if (this.at > this.#bytes.length) throw damaged("an early end");
    return start;
  }
}

/** The same bytes with the methods of a buffer. */
export function bufferOf(bytes: Uint8Array, start: number, end: number = bytes.length): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
}

export function paddingTo(bytes: number, position: number): number {
  return (bytes - (position % bytes)) % bytes;
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
