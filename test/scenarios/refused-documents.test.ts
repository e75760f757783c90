import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId } from "@crossdock/canonical";
import { RefusedDocumentPage } from "../../src/gateway/views.ts";
import { openSilentHouse } from "./company.ts";

const path = "/system/v1/documents";

test("a document that could not be sent is found over HTTP, dismissed with a reason, and tried again", async (t) => {
  const house = await openSilentHouse(t, new Date("2026-03-02T08:00:00Z"));
  const { integration, database } = house.product;
  const queue = (key: string) =>
    database.transaction((tx) =>
      integration.enqueue(tx, {
        accountId: accountId("shop"),
        kind: "inventory-advice",
        key,
        // A shop is told its stock by calls, and takes no paper of it.
        document: { kind: "inventory-advice", asOf: "2026-03-02T08:00:00Z", rows: [] },
        correlationId: "journey-1",
      }),
    );
  const [first, second] = [await queue("a"), await queue("b")];
  await integration.drain();
  const listed = (query: string) => house.get(path + query, RefusedDocumentPage);
  const page = await listed("?limit=1");
  const [document] = page.documents;
  assert.equal(document?.documentId, first.documentId);
  assert.ok((document?.problem ?? "").length > 0);
  const rest = await listed(`?state=refused&after=${page.next}`);
  assert.deepEqual(
    rest.documents.map(({ documentId }) => documentId),
    [second.documentId],
  );

  const post = async (what: string, body?: object) => {
    const response = await fetch(`${house.url}${path}/${first.documentId}/${what}`, {
      method: "POST",
      headers: { authorization: `Bearer ${house.key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  };
  await post("dismiss", { because: "the shop is told by calls" });
  const [dismissed, ...others] = (await listed("?state=dismissed")).documents;
  assert.deepEqual([dismissed?.documentId, others], [first.documentId, []]);
  assert.equal(dismissed?.dismissed?.because, "the shop is told by calls (test)");
  assert.deepEqual(dismissed?.dismissed?.at, "2026-03-02T08:00:00.000Z");
  assert.equal((await listed("")).documents.length, 1);

  await post("retry", {});
  await integration.drain();
  assert.equal((await listed("")).documents.length, 2, "what was not mended is refused again");
});
