import { connect, createServer, type Server, type Socket } from "node:net";

/** A proxy between a client and a server, to break the line between them at a chosen moment. */
export type TcpProxy = {
  /** The given address, by way of the proxy. */
  readonly url: string;
  /** Asked about every piece the client sends, until it says how to cut; then the line is cut, once. */
  cutWhen(decide: (piece: Buffer, line: Line) => Cut): void;
  /** Breaks every line now; new ones may be made. */
  cutAll(): void;
  close(): Promise<void>;
};

/** One line from a client, to be told from others. */
export type Line = object;

/** `before`: the server never sees the piece. `after`: the server gets it, and its answer never arrives. */
export type Cut = "no" | "before" | "after";

/** Opens a proxy to the host and port of a URL. */
export async function openTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl);
  const lines = new Set<Socket>();
  let decide: (piece: Buffer, line: Line) => Cut = () => "no";

  function carry(client: Socket): void {
    const server = connect(Number(target.port), target.hostname);
    const cut = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      lines.add(socket);
      socket.on("error", cut).on("close", () => {
        lines.delete(socket);
        cut();
      });
    }
    client.on("data", (piece) => {
      const how = decide(piece, client);
      if (how === "no") return server.write(piece);
      decide = () => "no";
      if (how === "before") return cut();
      // The answer proves that the server has acted; it goes no further.
      server.removeAllListeners("data");
      server.once("data", cut);
      return server.write(piece);
    });
    server.on("data", (piece) => client.write(piece));
  }

  const proxy = createServer(carry);
  const port = await listening(proxy);
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.toString(),
    cutWhen(next) {
      decide = next;
    },
    cutAll() {
      for (const socket of lines) socket.destroy();
    },
    async close() {
      for (const socket of lines) socket.destroy();
      await new Promise((done) => {
        proxy.close(done);
      });
    },
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((done, fail) => {
    server.once("error", fail).listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) done(address.port);
      else fail(new Error("the proxy has no port"));
    });
  });
}
