import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { checker } from "@crossdock/canonical";
import type { FakeShopify } from "@crossdock/connector-shopify/fake";
import { Type } from "typebox";

/** One row of a call that sets quantities. */
export type ToldRow = { readonly listing: string; readonly quantity: number };

/** A call that sets quantities, held up on its way to the shop. */
export type HeldCall = {
  readonly rows: readonly ToldRow[];
  /** Lets it have its effect. The answer waits until `answer`. */
  pass(): Promise<void>;
  /** Answers it; before `pass`, the call is passed on first. */
  answer(): Promise<void>;
};

/** The way to a shop: sees every call, and can hold up those that set quantities. */
export type ShopWindow = {
  readonly url: string;
  /** Every row that was told, in the order in which the calls arrived. */
  readonly told: readonly ToldRow[];
  /** Holds up the next call that sets quantities, and gives it. */
  holdNext(): Promise<HeldCall>;
  /** Resolves when the next call that sets quantities has been answered. */
  nextAnswer(): Promise<void>;
  close(): Promise<void>;
};

const SetCall = Type.Object({
  query: Type.String({ pattern: "inventorySetQuantities" }),
  variables: Type.Object({
    input: Type.Object({
      quantities: Type.Array(Type.Object({ inventoryItemId: Type.String(), quantity: Type.Integer() })),
    }),
  }),
});
const readSetCall = checker(SetCall);

function rowsOf(body: string): readonly ToldRow[] {
  const read = readSetCall(JSON.parse(body));
  if (!read.ok) return [];
  return read.value.variables.input.quantities.map(({ inventoryItemId, quantity }) => ({
    listing: inventoryItemId,
    quantity,
  }));
}

/** Opens a window onto a shop, on the loopback address. */
export async function openShopWindow(shop: FakeShopify): Promise<ShopWindow> {
  const told: ToldRow[] = [];
  const waiting: ((call: HeldCall) => void)[] = [];
  const watching: (() => void)[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString();
    const rows = rowsOf(body);
    told.push(...rows);
    const passed = memo(() => forward(shop.url, request, body));
    const answer = memo(async () => {
      const { status, text } = await passed();
      response.writeHead(status, { "content-type": "application/json" }).end(text);
      if (rows.length > 0) for (const seen of watching.splice(0)) seen();
    });
    const hold = rows.length === 0 ? undefined : waiting.shift();
    if (hold === undefined) await answer();
    else hold({ rows, pass: () => passed().then(() => undefined), answer });
  }

  const server = createServer((request, response) => {
    // A caller that was killed gets no answer, and that is no error of the shop's.
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/admin`,
    told,
    holdNext: () => new Promise((resolve) => waiting.push(resolve)),
    nextAnswer: () => new Promise((resolve) => watching.push(resolve)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function memo<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let done: Promise<Value> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

async function forward(url: string, request: IncomingMessage, body: string) {
  const headers = new Headers();
  for (const name of ["content-type", "x-shopify-access-token", "accept"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, text: await answer.text() };
}
