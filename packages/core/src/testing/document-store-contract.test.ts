import { MemoryDocumentStore } from "../memory/index.ts";
import { describeDocumentStoreContract } from "./index.ts";

describeDocumentStoreContract("memory", {
  create: async ({ clock }) => ({ store: new MemoryDocumentStore({ clock }) }),
});
