export type { PercentageFlag, PercentageFlags } from "./percentage-flag.ts";
export { PercentageProvider, type PercentageProviderOptions } from "./percentage-provider.ts";
