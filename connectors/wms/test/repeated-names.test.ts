import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { repeatedNames } from "../src/repeated-names.ts";
import { events, recordsOf } from "./fixtures.ts";

const places = (text: string) => [...repeatedNames(text)].map((steps) => steps.join("/"));

describe("a name that an object has twice", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ["a"]],
    ['{"a":1,"\\u0061":2}', ["a"]],
    ['{"a":{"b":1},"c":{"b":1}}', []],
    ['{"a":[{"b":1},{"b":1,"b":{"b":1}}]}', ["a/1/b"]],
    ['{"a":"a","b":"\\"a\\":","c":"\\\\","a":1}', ["a"]],
    ['[1,[2,3],{"x":[],"x":{}}]', ["2/x"]],
    ['{"__proto__":1,"__proto__":2}', ["__proto__"]],
    ["{}", []],
    ["12", []],
  ];
  for (const [text, expected] of cases) {
    test(`${text} ${expected.length === 0 ? "has none" : `is found at ${expected.join()}`}`, () => {
      assert.doesNotThrow(() => JSON.parse(text));
      assert.deepEqual(places(text), expected);
    });
  }

  test("is never found in what a program has written", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, space) => {
        assert.deepEqual(places(JSON.stringify(value, null, space)), []);
      }),
    );
  });

  test("is found once for every name that is written a second time", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (value) => {
        const members = JSON.stringify(value).slice(1, -1);
        assert.deepEqual(
          [...repeatedNames(`{${members},${members}}`)].map((steps) => steps[0]),
          Object.keys(value),
        );
      }),
    );
  });

  test("is found at any depth without running out of stack", () => {
    const depth = 100_000;
    assert.deepEqual(places(`${"[".repeat(depth)}{"a":1,"a":2}${"]".repeat(depth)}`), ["0/0/0/0/0/0/0/0"]);
  });
});

describe("an event with a name twice", () => {
  const event = JSON.stringify(events.count);
  const batch = (...list: readonly string[]) => `{"warehouse":"W1","events":[${list.join()}]}`;
  const told = (body: string) =>
    recordsOf(body).map((record) => (record.is === "invalid" ? `${record.reason} ${record.at}` : record.is));

  test("is invalid alone: which of two counts is meant, nobody can tell", () => {
    const twice = event.replace('"counted":', '"counted":999,"counted":');
    assert.notEqual(twice, event);
    assert.deepEqual(told(batch(event, twice)), ["stock", "repeated-name /events/1/counted"]);
  });

  test("may have it in its attributes, which are not read", () => {
    const twice = event.replace(/}$/, ',"attributes":{"bin":"1","bin":"2"}}');
    const [record] = told(batch(twice.replace(/"attributes":\{[^}]*\},(?=.*"attributes")/, "")));
    assert.equal(record, "stock");
  });

  test("makes the batch invalid when it is the batch that has it", () => {
    assert.deepEqual(told('{"warehouse":"W1","events":[],"warehouse":"W2"}'), ["repeated-name /"]);
    assert.deepEqual(told(`{"events":[],${batch(event).slice(1)}`), ["repeated-name /"]);
  });
});
