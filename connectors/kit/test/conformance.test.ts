import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { quantity } from "@crossdock/canonical";
import { Type } from "typebox";
import {
  type Connector,
  type Intake,
  isHttpFailure,
  type Manifest,
  type Outlet,
  type Publisher,
  presentSecrets,
} from "../src/index.ts";
import {
  breachText,
  CONFORMANCE_LAWS,
  type ConformanceSubject,
  conformance,
  conformanceProblems,
  fakeServer,
  jsonAnswer,
} from "../src/testing/index.ts";
import {
  bytes,
  intake,
  outlet,
  parcelAccount,
  parcelConnector,
  parcelSubject,
  publisher,
  signed,
} from "./parcel-connector.ts";

type Changes = {
  readonly connector?: Partial<Connector>;
  readonly manifest?: Partial<Manifest>;
  readonly intake?: Partial<Intake>;
  readonly outlet?: Partial<Outlet>;
  readonly publisher?: Partial<Publisher>;
  readonly subject?: Partial<ConformanceSubject>;
};

function broken(changes: Changes): ConformanceSubject {
  const connector: Connector = {
    manifest: { ...parcelConnector.manifest, ...changes.manifest },
    intake: { ...intake, ...changes.intake },
    outlet: { ...outlet, ...changes.outlet },
    publisher: { ...publisher, ...changes.publisher },
    ...changes.connector,
  };
  return { ...parcelSubject, connector, seed: 1, ...changes.subject };
}

/** Gives what `map` says, with its first statement changed. */
function mapWith(change: (statement: Record<string, unknown>) => object): Partial<Intake> {
  return {
    map(part, headers, account) {
      const mapping = intake.map(part, headers, account);
      const records = mapping.records.map((record) =>
        record.is === "stock"
          ? { ...record, statement: Object.assign(record.statement, change({ ...record.statement })) }
          : record,
      );
      return { ...mapping, records };
    },
  };
}

let calls = 0;
const neverTheSame = () => {
  calls += 1;
  return `${calls}`;
};

/** A shop that takes an order again when it is asked again. */
async function forgetfulFake() {
  let orders = 0;
  const server = await fakeServer({
    handle() {
      orders += 1;
      return jsonAnswer(200, {});
    },
  });
  const account = () => parcelAccount(server.url);
  return { account, failNext: server.failNext, effects: () => orders, close: server.close };
}

const breaches: readonly { readonly says: string; readonly law: string; readonly changes: Changes }[] = [
  {
    says: "a secret that is only named",
    law: "the manifest is complete",
    changes: { manifest: { secrets: { signingSecret: "secret" } } },
  },
  {
    says: "no doors at all",
    law: "the manifest is complete",
    changes: { connector: { intake: undefined, outlet: undefined, publisher: undefined } as never },
  },
  {
    says: "settings that take any name",
    law: "settings are closed and explained",
    changes: {
      manifest: { settings: Type.Object({ url: Type.String({ description: "The address of it all." }) }) },
    },
  },
  {
    says: "a setting without a description",
    law: "settings are closed and explained",
    changes: { manifest: { settings: Type.Object({ url: Type.String() }, { additionalProperties: false }) } },
  },
  {
    says: "an account that does not fit",
    law: "the account of the tests fits the manifest",
    changes: { subject: { account: () => ({ ...parcelAccount(), settings: { uri: "typo" } }) } },
  },
  {
    says: "a mapping that counts double",
    law: "samples mean what they are said to mean",
    changes: {
      intake: {
        map: (part, headers, account) => {
          const { records } = intake.map(part, headers, account);
          return { records: [...records, ...records] };
        },
      },
    },
  },
  {
    says: "a mapping that throws on what is not JSON",
    law: "no message makes the intake throw",
    changes: {
      intake: {
        map: (part, headers, account) => {
          JSON.parse(new TextDecoder().decode(part.body));
          return intake.map(part, headers, account);
        },
      },
    },
  },
  {
    says: "a key that is made up",
    law: "the same message always gives the same answer",
    changes: { intake: { split: ({ body }) => [{ key: neverTheSame(), kind: "parcel", body }] } },
  },
  {
    says: "a mapping that counts its calls",
    law: "the same message always gives the same answer",
    changes: { intake: { map: () => ({ records: [{ is: "ignored", at: "/", reason: neverTheSame() }] }) } },
  },
  {
    says: "a mapping that trims the bytes in place",
    law: "reading a message leaves it as it is",
    changes: {
      intake: {
        map: (part, headers, account) => {
          part.body.fill(32, 0, 1);
          return intake.map(part, headers, account);
        },
      },
    },
  },
  {
    says: "a split that loses the last byte",
    law: "the parts joined are the delivery",
    changes: { intake: { split: ({ body }) => [{ key: "k", kind: "parcel", body: body.subarray(0, -1) }] } },
  },
  {
    says: "a split that looks behind the view",
    law: "the parts joined are the delivery",
    changes: {
      intake: { split: ({ body }) => [{ key: "k", kind: "parcel", body: new Uint8Array(body.buffer) }] },
    },
  },
  {
    says: "a key as long as the sender likes",
    law: "a part has a key that can be stored",
    changes: {
      intake: {
        split: ({ headers, body }) => [{ key: `k${Object.values(headers).join()}`, kind: "p", body }],
      },
    },
  },
  {
    says: "a statement with a field of its own",
    law: "every statement fits the canonical schema",
    changes: { intake: mapWith(() => ({ colour: "red" })) },
  },
  {
    says: "a statement with a NUL",
    law: "what is mapped can be stored",
    changes: { intake: mapWith(({ id }) => ({ id: `${id}\u0000` })) },
  },
  {
    says: "a statement on 31 February",
    law: "what is mapped can be stored",
    changes: { intake: mapWith(() => ({ effectiveAt: "2026-02-31T00:00:00Z" })) },
  },
  {
    says: "an id that names two statements",
    law: "a statement's id names one statement",
    changes: {
      intake: {
        map: (part, headers, account) => {
          const [one, other] = [1, 2].map(() => intake.map(part, headers, account).records[0]);
          if (one?.is !== "stock" || other?.is !== "stock") return { records: [] };
          const later = { ...other.statement, effectiveAt: "2026-11-24T09:30:00Z" };
          return { records: [one, { ...other, statement: later }] };
        },
      },
    },
  },
  {
    says: "an invalid record without a message",
    law: "a record says where it stands, and why when it says nothing else",
    changes: {
      intake: { map: () => ({ records: [{ is: "invalid", at: "/", reason: "bad", message: "" }] }) },
    },
  },
  {
    says: "a signature that is only looked at",
    law: "a changed body is not genuine",
    changes: {
      intake: {
        authenticate: ({ headers }) =>
          headers["x-signature"] ? { genuine: true } : { genuine: false, reason: "there is no signature" },
      },
    },
  },
  {
    says: "a signature that is asked for before the secret is there",
    law: "without its secrets nothing is genuine, and nothing throws",
    changes: {
      intake: {
        authenticate: (message, account) => {
          account.secret("signingSecret");
          return intake.authenticate(message, account);
        },
      },
    },
  },
  {
    says: "an account that is trusted until it has a secret",
    law: "without its secrets nothing is genuine, and nothing throws",
    changes: {
      intake: {
        authenticate: (message, account) =>
          presentSecrets(account, ["signingSecret"]).length === 0
            ? { genuine: true }
            : intake.authenticate(message, account),
      },
    },
  },
  {
    says: "a refusal that tells what was expected",
    law: "a refusal says what to mend and not the secret",
    changes: {
      intake: {
        authenticate: (message, account) =>
          intake.authenticate(message, account).genuine
            ? { genuine: true }
            : { genuine: false, reason: `sign with ${account.secret("signingSecret")}` },
      },
    },
  },
  {
    says: "a kind that nobody rendered",
    law: "every kind of document that is declared has a sample",
    changes: { outlet: { documents: [...outlet.documents, "ship-notice"] } },
  },
  {
    says: "a refusal without a word",
    law: "a document gives bytes, or a refusal with a text",
    changes: { outlet: { render: () => ({ refused: "" }) } },
  },
  {
    says: "a rendering that throws for some documents",
    law: "a document gives bytes, or a refusal with a text",
    changes: {
      outlet: {
        render: (document, context, account) => {
          if (document.kind === "warehouse-release" && document.lines.length > 1) throw new Error("too many");
          return outlet.render(document, context, account);
        },
      },
    },
  },
  {
    says: "a rendering with a number of its own",
    law: "rendering is pure",
    changes: {
      outlet: {
        render: (document, context, account) => {
          const rendered = outlet.render(document, context, account);
          return "refused" in rendered ? rendered : { ...rendered, body: bytes(neverTheSame()) };
        },
      },
    },
  },
  {
    says: "a reply that the outlet does not know",
    law: "a reply that the intake asks for can be rendered",
    changes: { outlet: { documents: ["warehouse-release"] } },
  },
  {
    says: "a delivery that refuses what was taken",
    law: "a healthy partner receives the document",
    changes: { outlet: { deliver: async () => ({ delivered: false, outcome: "refused", reason: "no" }) } },
  },
  {
    says: "a partner that cannot tell a repetition",
    law: "a document that is delivered twice has one effect",
    changes: { subject: { fake: forgetfulFake } },
  },
  {
    says: "a delivery that throws when nobody answers",
    law: "trouble on the way is a state and not an exception",
    changes: {
      outlet: {
        async deliver(rendered, document, io, account) {
          const delivery = await outlet.deliver?.(rendered, document, io, account);
          if (delivery?.delivered === false && delivery.outcome === "unknown") throw new Error("lost");
          return delivery ?? { delivered: true };
        },
      },
    },
  },
  {
    says: "a delivery that takes every answer for a yes",
    law: "trouble on the way is a state and not an exception",
    changes: {
      outlet: {
        async deliver(rendered, _document, io, account) {
          const url = String(Reflect.get(Object(account.settings), "url"));
          const outcome = await io.http({
            method: "PUT",
            url: `${url}/${rendered.name}`,
            body: rendered.body,
          });
          return isHttpFailure(outcome)
            ? { delivered: false, outcome: "retry", reason: outcome.failed }
            : { delivered: true };
        },
      },
    },
  },
  {
    says: "a delivery that gives up when nobody listens",
    law: "a partner that is not there is tried again",
    changes: {
      outlet: {
        async deliver(rendered, document, io, account) {
          const delivery = await outlet.deliver?.(rendered, document, io, account);
          if (delivery?.delivered === false && delivery.outcome === "retry" && !("afterMs" in delivery)) {
            return { delivered: false, outcome: "refused", reason: "nobody there" };
          }
          return delivery ?? { delivered: true };
        },
      },
    },
  },
  {
    says: "a delivery that does not listen to Retry-After",
    law: "a partner that names a wait is given it",
    changes: {
      outlet: {
        async deliver(rendered, document, io, account) {
          const delivery = await outlet.deliver?.(rendered, document, io, account);
          if (delivery?.delivered === false && delivery.outcome === "retry") {
            return { delivered: false, outcome: "retry", reason: delivery.reason };
          }
          return delivery ?? { delivered: true };
        },
      },
    },
  },
  {
    says: "a publisher that forgets a row",
    law: "a healthy channel has an outcome for every row",
    changes: {
      publisher: { publish: (rows, io, account) => publisher.publish(rows.slice(1), io, account) },
    },
  },
  {
    says: "a publisher that believes itself",
    law: "trouble at the channel is an outcome of every row, to be tried again",
    changes: {
      publisher: {
        publish: async (rows) => ({
          outcomes: rows.map(({ itemId }) => ({ itemId, result: "published", quantity: quantity(1) })),
        }),
      },
    },
  },
  {
    says: "a publisher that reads another shelf",
    law: "what a channel was told can be read back",
    changes: {
      publisher: { observe: async (listings) => listings.map((listing) => ({ listing, shows: 99 })) },
    },
  },
  {
    says: "a publisher that sees nothing",
    law: "what a channel was told can be read back",
    changes: { publisher: { observe: async () => [] } },
  },
  {
    says: "an archive that has nothing",
    law: "a healthy source gives the numbers that are asked for, or says that they never were",
    changes: {
      intake: { backfill: async () => ({ is: "answered", parts: [], never: [] }) },
      subject: { backfills: [{ stream: "dock", first: 1, last: 3 }] },
    },
  },
  {
    says: "an archive that makes up a key for every answer",
    law: "asking twice gives the same parts under the same keys",
    changes: {
      intake: {
        async backfill(_request, io) {
          return {
            is: "answered",
            parts: [{ key: io.newKey(), kind: "parcels", body: bytes("{}") }],
            never: [],
          };
        },
      },
      subject: { backfills: [{ stream: "dock", first: 1, last: 3 }] },
    },
  },
  {
    says: "an archive that falls over with its network",
    law: "a source that fails is asked again later, and never throws",
    changes: {
      intake: {
        async backfill() {
          throw new Error("socket hang up");
        },
      },
      subject: { backfills: [{ stream: "dock", first: 1, last: 3 }] },
    },
  },
];

conformance(parcelSubject);

describe("the suite sees what it is there to see", () => {
  test("a connector that keeps every law has no problem", async () => {
    assert.deepEqual(await conformanceProblems(parcelSubject), new Map());
  });

  for (const { says, law, changes } of breaches) {
    test(`${law}: ${says}`, async () => {
      const found = CONFORMANCE_LAWS.find(({ name }) => name === law);
      const problems = (await found?.check(broken(changes))) ?? [];
      assert.ok(problems.length > 0, says);
    });
  }

  test("every law has a breach that it is shown", () => {
    const shown = new Set(breaches.map(({ law }) => law));
    assert.deepEqual(
      CONFORMANCE_LAWS.map(({ name }) => name).filter((name) => !shown.has(name)),
      [],
    );
  });

  test("a breach says which law was broken, why it matters, and how to see it again", async () => {
    const law = CONFORMANCE_LAWS.find(({ name }) => name === "the parts joined are the delivery");
    assert.ok(law);
    const split: Intake["split"] = ({ body }) => [
      { key: "k", kind: "p", body: body.includes(7) ? body.subarray(1) : body },
    ];
    const subject = broken({ intake: { split }, subject: { runs: 1_000, seed: 1, samples: [] } });
    const text = breachText(law, await law.check(subject));
    assert.match(
      text,
      /^Broken law: the parts joined are the delivery,\nbecause a byte in no part is thrown away/,
    );
    assert.match(text, /join to \d+ bytes.*\n.*for headers.*\n.*\(seed 1, after \d+ runs\)/);
  });

  test("a vendor that signs nothing says so, and is not asked for signatures", async () => {
    const law = CONFORMANCE_LAWS.find(({ name }) => name === "a changed body is not genuine");
    const changes: Changes = {
      intake: { vouchedBy: "transport", authenticate: () => ({ genuine: true }) },
      subject: { samples: [{ name: "unsigned", message: signed("{}"), expect: {} }] },
    };
    assert.deepEqual(await law?.check(broken(changes)), []);
  });
});
