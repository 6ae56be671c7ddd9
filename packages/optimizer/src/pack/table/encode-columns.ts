import type { CellFormat } from "../cells/cell.ts";
import type { Value } from "../codecs/codec.ts";
import { chooseColumn } from "../choice/choose-column.ts";
import { type Column, type HoistedColumn } from "../columns/column.ts";
import { columnCells } from "../columns/column-cells.ts";
import { hoistedRoom, hoistedSize } from "../columns/hoisted-room.ts";
import { hoist } from "../choice/hoist.ts";
import { type Leaf, type LeafFacts, leafFacts } from "../choice/leaf.ts";
import { References } from "../choice/references.ts";
import { sampleRows } from "../choice/sample.ts";

export interface EncodeOptions {
  /** Also codecs and defaults that a reader has to calculate with. */
  readonly dense: boolean;
  readonly format: CellFormat;
  /** Every present value has a cell of its own, none is empty. @defaultValue `false` */
  readonly explicit?: boolean;
  /** Encodes columns of objects; undefined for a column of anything else. */
  readonly nested?: (leaf: Leaf, facts: LeafFacts) => EncodedColumn | undefined;
}

/** A column, and its cells unless it is hoisted. */
export interface EncodedColumn {
  readonly column: Column;
  readonly cells?: readonly string[];
}

/** Chooses an encoding for every column and writes its cells. */
export function encodeColumns(leaves: readonly Leaf[], options: EncodeOptions): EncodedColumn[] {
  const described = describe(leaves, options);
  const { format } = options;
  const rows = sampleRows(leaves[0]?.values.length ?? 0);
  const values = new Map(leaves.map((leaf) => [leaf.name, leaf.values]));
  const valuesOf = (name: string): readonly Value[] => values.get(name) ?? [];
  const references = new References(
    described
      .filter(
        ({ leaf, facts, hoisted }) => hoisted === undefined && isReferable(leaf, facts, format),
      )
      .map(({ leaf }) => leaf),
  );
  return described.map(({ leaf, facts, hoisted }) => {
    if (hoisted) return { column: hoisted };
    const nested = options.nested?.(leaf, facts);
    if (nested) return nested;
    const others = references.of(leaf);
    const column = chooseColumn(leaf, facts, {
      ...options,
      rows,
      others,
      valuesOf,
      timestampsLike: (pattern) => references.timestampsLike(pattern, others.before),
    });
    references.note(column);
    return { column, cells: columnCells(column, leaf.values, valuesOf, format) };
  });
}

interface DescribedLeaf {
  readonly leaf: Leaf;
  readonly facts: LeafFacts;
  readonly hoisted: HoistedColumn | undefined;
}

function describe(leaves: readonly Leaf[], options: EncodeOptions): DescribedLeaf[] {
  const { format, dense, explicit } = options;
  let left = explicit ? 0 : hoistedRoom(leaves[0]?.values.length ?? 0);
  return leaves.map((leaf) => {
    const facts = leafFacts(leaf.values);
    const hoisted = left > 0 ? hoist(leaf, facts, format, dense) : undefined;
    const size = hoisted ? hoistedSize(hoisted) : 0;
    if (size > left) return { leaf, facts, hoisted: undefined };
    left -= size;
    return { leaf, facts, hoisted };
  });
}

/** A name with signs of the header would end a column inside a cell's own table too early. */
function isReferable({ name }: Leaf, { repeatable }: LeafFacts, { stops }: CellFormat): boolean {
  return repeatable && !(stops !== "" && name.includes('"'));
}
