import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, it, type TestContext } from "node:test";
import fc from "fast-check";
import { createAnswerParser } from "../../bench/load/answer-parser.ts";
import { drive } from "../../bench/load/drive.ts";
import { orderOfAsking } from "../../bench/load/order-of-asking.ts";
import { keyOf, type LoadOrder } from "../../bench/load/protocol.ts";

type Reply = { readonly status: number; readonly body: string };

/** A server that answers by key, the first time as it is told and then the same again, and remembers who asked. */
async function shop(context: TestContext, decide: (nth: number, key: string) => Reply, forgetful = false) {
  const asked: string[] = [];
  const bodies = new Set<string>();
  const given = new Map<string, Reply>();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      const key = String(request.headers["idempotency-key"]);
      const reply = (forgetful ? undefined : given.get(key)) ?? decide(given.size, key);
      asked.push(key);
      bodies.add(body);
      given.set(key, reply);
      response.writeHead(reply.status, { "content-length": Buffer.byteLength(reply.body) }).end(reply.body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { port: address.port, asked, bodies };
}

function order(port: number, changes: Partial<LoadOrder> = {}): LoadOrder {
  return {
    target: { port, path: "/buy", headers: { "x-test": "yes" }, body: '{"quantity":1}' },
    crowd: { buyers: 200, retryShare: 0.2, seed: "crowd" },
    keyPrefix: "t.",
    connections: 8,
    pace: { is: "closed" },
    units: 50,
    ...changes,
  };
}

describe("load generator", () => {
  it("asks once for every buyer, again for those who retry, and counts what it is told", async (context) => {
    const server = await shop(context, (nth) => ({ status: nth < 50 ? 201 : 409, body: `{"nth":${nth}}` }));
    const seen = await drive(order(server.port));

    const turns = orderOfAsking({ buyers: 200, retryShare: 0.2, seed: "crowd" });
    assert.deepEqual(server.asked.toSorted(), [...turns].map((buyer) => keyOf("t.", buyer)).toSorted());
    assert.deepEqual([...server.bodies], ['{"quantity":1}']);
    assert.equal(seen.selling.requests + seen.soldOut.requests, turns.length);
    assert.equal(seen.statuses.filter((status) => status === 201).length, 50);
    assert.equal(seen.statuses.filter((status) => status === 409).length, 150);
    assert.equal(seen.retries, turns.length - 200);
    assert.equal(seen.unlike, 0);
    assert.ok(seen.selling.requests >= 50);
  });

  it("notices a retry that is answered otherwise than the first time", async (context) => {
    let nth = 0;
    const server = await shop(context, () => ({ status: 201, body: `{"nth":${nth++}}` }), true);
    const seen = await drive(order(server.port));
    assert.equal(seen.unlike, seen.retries);
    assert.ok(seen.retries > 0);
  });

  it("does not mind that a problem names the journey of each request", async (context) => {
    let nth = 0;
    const body = () => `{"code":"x","correlationId":"c-${nth++}","detail":"y"}`;
    const server = await shop(context, () => ({ status: 409, body: body() }), true);
    const seen = await drive(order(server.port));
    assert.equal(seen.unlike, 0);
  });

  it("at a fixed rate it asks the same, and counts waiting from when a request was due", async (context) => {
    const server = await shop(context, () => ({ status: 201, body: "{}" }));
    const seen = await drive(order(server.port, { pace: { is: "open", perSecond: 2_000 }, units: 1_000 }));
    assert.equal(server.asked.length, seen.selling.requests);
    assert.equal(seen.statuses.filter((status) => status === 201).length, 200);
    assert.ok(
      seen.selling.elapsedMs >= (seen.selling.requests - 1) / 2,
      "it asked faster than it was told to",
    );
  });

  it("gives up when the server breaks off", async (context) => {
    const server = createServer((request) => {
      request.socket.destroy();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    context.after(() => {
      server.close();
    });
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    await assert.rejects(drive(order(address.port)));
  });
});

describe("answer parser", () => {
  const text =
    'HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\ncontent-length: 9\r\n\r\n{"a":"é"}';
  // The é takes two bytes.
  const bytes = Buffer.from(text.replace("length: 9", "length: 10"));

  it("puts an answer together however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 6 }), (cuts) => {
        const parser = createAnswerParser();
        const edges = [0, ...new Set(cuts.toSorted((a, b) => a - b)), bytes.length];
        const answers = edges.slice(1).map((end, at) => parser.feed(bytes.subarray(edges[at], end)));
        assert.ok(answers.slice(0, -1).every((answer) => answer === undefined));
        assert.equal(answers.at(-1)?.status, 409);
        assert.equal(answers.at(-1)?.body.toString(), '{"a":"é"}');
      }),
    );
  });

  it("refuses what it does not understand", () => {
    const chunked = Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert.throws(() => createAnswerParser().feed(chunked), /cannot read/);
    assert.throws(() => createAnswerParser().feed(Buffer.concat([bytes, bytes])), /more came/);
  });
});

describe("order of asking", () => {
  it("every buyer asks, retriers twice, and the same seed gives the same order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), fc.string(), (buyers, seed) => {
        const turns = orderOfAsking({ buyers, retryShare: 0.05, seed });
        const times = Map.groupBy(turns, (buyer) => buyer);
        assert.equal(times.size, buyers);
        assert.ok([...times.values()].every((list) => list.length <= 2));
        assert.deepEqual(turns, orderOfAsking({ buyers, retryShare: 0.05, seed }));
      }),
      { numRuns: 30 },
    );
  });
});
