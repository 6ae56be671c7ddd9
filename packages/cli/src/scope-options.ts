import type { ScopeSelector } from "@palimpsest/core";
import { type Command, Option } from "commander";

export interface ScopeOptions {
  readonly scope?: string;
  readonly allScopes?: boolean;
}

export function withScopeOptions(command: Command): Command {
  return command
    .addOption(new Option("--scope <name>", 'tenant (default: "")').conflicts("allScopes"))
    .option("--all-scopes", "all tenants");
}

export function selectorOf({ scope, allScopes }: ScopeOptions): ScopeSelector {
  return allScopes ? { allScopes } : { scope: scope ?? "" };
}
