import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { PalimpsestError } from "@palimpsest/core";

export interface RunningServer {
  /** With the port that was really bound. */
  readonly url: string;
  /** Takes no new connection, lets running requests finish for at most `graceMs`, then cuts them. */
  stop(graceMs?: number): Promise<void>;
}

/** @throws `E_UNAVAILABLE` when the address cannot be bound */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  address: { readonly host: string; readonly port: number },
): Promise<RunningServer> {
  const server = serve({ fetch, hostname: address.host, port: address.port }) as Server;
  try {
    await once(server, "listening");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    const remedy = /^E(?:NOTFOUND|AI_AGAIN|ADDRNOTAVAIL)$/.test(code)
      ? "set HOST to an address of this machine"
      : "choose another with PORT or --port";
    throw new PalimpsestError(
      "E_UNAVAILABLE",
      `cannot listen on ${address.host}:${address.port} (${code}); ${remedy}`,
      { cause },
    );
  }
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return { url: `http://${host}:${port}`, stop: (graceMs = 5_000) => stop(server, graceMs) };
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(cut);
}
