import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { publishedSchemas } from "@crossdock/canonical";
import { assertGolden } from "#test/golden.ts";
import { EXAMPLES } from "../../src/gateway/examples.ts";
import { PROBLEM_CODES, PROBLEM_KINDS } from "../../src/gateway/index.ts";
import { isList, type Json, members, toJson } from "../../src/gateway/open-api.ts";
import { problemText, toProblem } from "../../src/gateway/problem.ts";
import { faultFinder } from "../../src/gateway/validation.ts";
import { createWorld } from "./world.ts";

const golden = (name: string) => fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
const world = await createWorld();
const document = world.gateway.document();
const get = (url: string, accept = "*/*") => world.gateway.inject({ url, headers: { accept } });

function operations(): { path: string; method: string; operation: Readonly<Record<string, Json>> }[] {
  return Object.entries(members(members(document).paths)).flatMap(([path, item]) =>
    Object.entries(members(item)).map(([method, operation]) => ({
      path,
      method,
      operation: members(operation),
    })),
  );
}

describe("the OpenAPI document", () => {
  test("is what it was when it was last looked at", () =>
    assertGolden(golden("openapi.json"), `${JSON.stringify(document, null, 2)}\n`));

  test("refers only to what it has", () => {
    const schemas = members(members(members(document).components).schemas);
    for (const [, name = ""] of JSON.stringify(document).matchAll(
      /"\$ref":"#\/components\/schemas\/(\w+)"/g,
    )) {
      assert.ok(name in schemas, name);
    }
  });

  test("names every operation once, with its layer, its answers and what it needs", () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    assert.equal(new Set(ids).size, ids.length);
    for (const { path, operation } of operations()) {
      const [tag] = isList(operation.tags) ? operation.tags : [];
      const layer = /^\/(system|process|experience)\//.exec(path)?.[1];
      assert.equal(String(tag).toLowerCase(), layer ?? "operations", path);
      assert.ok(typeof operation.summary === "string" && operation.summary !== "", path);
      assert.ok(!JSON.stringify(operation.responses).includes("Default Response"), path);
      assert.ok(isList(operation.security), path);
    }
  });

  test("gives the schemas of canonical under their own names", () => {
    const schemas = members(members(members(document).components).schemas);
    for (const name of [
      "ReservationRequest",
      "ReservationAnswer",
      "Reservation",
      "Order",
      "Availability",
      "CloudEvent",
    ]) {
      assert.ok(name in schemas, name);
    }
  });
});

describe("the examples", () => {
  const schemas = members(members(document).components);

  /** The schema of a body, with what it refers to beside it. */
  function fitting(media: Json | undefined): (value: unknown) => unknown {
    return faultFinder(inlined(members(media).schema ?? null));
  }

  function inlined(value: Json): object {
    const text = JSON.stringify(value, (_key, each: Json) => {
      const reference = members(each).$ref;
      return typeof reference === "string"
        ? members(schemas.schemas)[reference.replace("#/components/schemas/", "")]
        : each;
    });
    const parsed: object = JSON.parse(text);
    return parsed;
  }

  for (const [operationId, { request, answers = {} }] of Object.entries(EXAMPLES)) {
    test(`of ${operationId} fit its schemas`, () => {
      const { operation } = operations().find((each) => each.operation.operationId === operationId) ?? {};
      assert.ok(operation !== undefined, `${operationId} is no operation`);
      if (request !== undefined) {
        const media = members(members(operation.requestBody).content)["application/json"];
        assert.deepEqual(fitting(media)(toJson(request)), undefined);
        assert.deepEqual(members(media).example, toJson(request));
      }
      for (const [status, answer] of Object.entries(answers)) {
        const response: Json | undefined = members(operation.responses)[status];
        const media: Json | undefined = members(members(response).content)["application/json"];
        assert.deepEqual(fitting(media)(toJson(answer)), undefined);
      }
    });
  }
});

describe("the problems", () => {
  test("are what they were when they were last looked at", () => {
    const texts = PROBLEM_CODES.map((code) => {
      const problem = toProblem({ code }, { url: "/the/path?query=secret", correlationId: "journey-1" });
      return JSON.stringify(problem, null, 2);
    });
    return assertGolden(golden("problems.json"), `[${texts.join(",\n")}]\n`);
  });

  test("say what to do also when they say what happened this time", () => {
    const request = { url: "/x", correlationId: "journey-1" };
    for (const code of PROBLEM_CODES) {
      const { detail } = toProblem({ code, detail: "It was red." }, request);
      assert.equal(detail, `It was red. ${PROBLEM_KINDS[code].action}`);
      // A connector may leave the full stop out.
      assert.equal(JSON.parse(problemText({ code, detail: "It was red" }, request)).detail, detail);
    }
  });

  test("each say in sentences what they mean and what to do", () => {
    for (const { title, meaning, action } of Object.values(PROBLEM_KINDS)) {
      assert.match(title, /^[A-Z].*[^.]$/);
      assert.match(meaning, /^[A-Z].*\.$/);
      assert.match(action, /^[A-Z].*[.…]$/);
    }
  });

  test("have a page each, for people and for programs", async () => {
    for (const code of PROBLEM_CODES) {
      const told = await get(`/problems/${code}`);
      assert.equal(told.json().type, `/problems/${code}`);
      assert.equal(told.json().status, PROBLEM_KINDS[code].status);
      const page = await get(`/problems/${code}`, "text/html");
      assert.match(page.body, /What to do/);
    }
    assert.equal((await get("/problems")).json().problems.length, PROBLEM_CODES.length);
    assert.equal((await get("/problems/none")).statusCode, 404);
  });
});

describe("the pages", () => {
  const pages = ["/", "/docs", "/schemas", "/problems", "/problems/insufficient-stock"];

  for (const path of pages) {
    test(`${path} asks nothing of another host, runs no script, and is not framed`, async () => {
      const { statusCode, headers, body } = await get(path, "text/html,application/xhtml+xml");
      assert.equal(statusCode, 200);
      assert.match(String(headers["content-type"]), /^text\/html/);
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/);
      assert.doesNotMatch(body, /<script|<style|style=|\son\w+=|(src|href)="(https?:)?\/\//i);
      for (const [, link = ""] of body.matchAll(/(?:href|src)="([^"#]+)(?:#[^"]*)?"/g)) {
        // Pages that show stock or rules ask a browser for a key first.
        const { statusCode: leadsTo } = await get(link);
        assert.equal(leadsTo, /^\/(stock|rules)/.test(link) ? 401 : 200, `${path} leads to ${link}`);
      }
    });
  }

  test("the documentation shows every operation, with a call to copy", async () => {
    const { body } = await get("/docs", "text/html");
    for (const { path, operation } of operations()) {
      assert.ok(body.includes(`id="${JSON.stringify(operation.operationId).slice(1, -1)}"`), path);
      assert.ok(body.includes(path.replaceAll("&", "&amp;")), path);
    }
    assert.match(body, /curl -X POST &quot;\$URL\/process\/v1\/reservations&quot;/);
    for (const [, anchor = ""] of body.matchAll(/href="#([^"]+)"/g))
      assert.ok(body.includes(`id="${anchor}"`), anchor);
  });

  test("every schema of canonical is served where it says it is", async () => {
    const listed: string[] = (await get("/schemas")).json().schemas;
    assert.deepEqual(listed, [...publishedSchemas().keys()].sort());
    for (const path of listed) {
      const answer = await get(path);
      assert.match(String(answer.headers["content-type"]), /^application\/schema\+json/);
      assert.equal(answer.json().$id, path);
    }
    assert.equal((await get("/schemas/Nothing/1")).statusCode, 404);
  });

  test("programs are given links where people are given pages", async () => {
    assert.equal((await get("/")).json().links.openapi, "/openapi.json");
    assert.deepEqual((await get("/openapi.json")).json(), document);
  });
});
