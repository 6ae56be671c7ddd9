import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cockatielWrap, ourPipeline } from "./full-pipelines.ts";

const bodies = 100;
const chunks = Array.from({ length: 8 }, (_, index) => `data: token ${index}\n\n`);

type Execute = (
  run: (context: { readonly signal: AbortSignal }) => Promise<Response>,
) => Promise<Response | number>;

/** How many of 100 streamed bodies can be read whole when the call has returned their headers. */
export async function streamProbe(): Promise<{
  readonly ours: number;
  readonly cockatielDefault: number;
  readonly cockatielAbortOnReturnFalse: number;
}> {
  const server = createServer(async (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const chunk of chunks) {
      response.write(chunk);
      await sleep(2);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const ours = ourPipeline();
    const wrap5 = cockatielWrap();
    const gentle = cockatielWrap(false);
    return {
      ours: await intact(url, (run) => ours.execute(run)),
      cockatielDefault: await intact(url, (run) => wrap5.execute(run)),
      cockatielAbortOnReturnFalse: await intact(url, (run) => gentle.execute(run)),
    };
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function intact(url: string, execute: Execute): Promise<number> {
  let count = 0;
  for (let batch = 0; batch < bodies / 10; batch++) {
    const texts = await Promise.allSettled(
      Array.from({ length: 10 }, async () => {
        const response = await execute(({ signal }) => fetch(url, { signal }));
        return typeof response === "number" ? "" : response.text();
      }),
    );
    const whole = texts.filter(
      (text) => text.status === "fulfilled" && text.value === chunks.join(""),
    );
    count += whole.length;
  }
  return count;
}
