import { expect, it } from "vitest";
import { ContextStore } from "./context-store.ts";
import { hasServers, TestDeployment } from "./fixtures/test-family.ts";

it.skipIf(!hasServers)(
  "compiles contexts from v1's own data, opening collections itself",
  async () => {
    const deployment = new TestDeployment();
    try {
      const { textKey, timeKey } = await deployment.load("discord");
      await using contexts = new ContextStore(undefined, "Duck", {
        store: deployment.options({ readOnly: true }),
      });
      const discord = await contexts.createCollection("discord", textKey, timeKey);
      expect(discord.name).toBe(deployment.family("discord"));
      const newest = await discord.getMostRecent(3);
      const messages = await contexts.compileContext({
        texts: [newest[0]?.text ?? ""],
        recentLimit: 3,
        formatAssistantMessages: true,
      });
      const shown = messages.map(({ content, images }) => images?.[0] ?? content).join("\n");
      for (const { text } of newest) expect(shown).toContain(text);
      expect(await contexts.getLatestDocuments(2)).toHaveLength(2);
    } finally {
      await deployment.dispose();
    }
  },
);
