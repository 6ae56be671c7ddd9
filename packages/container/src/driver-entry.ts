import type { Clock } from "@palimpsest/core";
import type { z } from "zod";

/** What `createContainer` hands to everything it opens. */
export interface OpenServices {
  readonly clock?: Clock;
  readonly onWarning: (message: string) => void;
}

/** One line of a registry: which options a driver takes, and how to open it on first use. */
export interface DriverEntry<Options, Opened> {
  /** A strict object, so that a mistyped option is named instead of ignored. */
  readonly schema: z.ZodType<Options> & { readonly shape: Readonly<Record<string, unknown>> };
  /** Options of an address `<scheme>:<rest>`; without it the driver has no address form. */
  readonly address?: (rest: string, scheme: string) => Readonly<Record<string, unknown>>;
  readonly open: (options: Options, services: OpenServices) => Promise<Opened>;
}
