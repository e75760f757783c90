import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { gapBytesMax, segmentBytesMax, serialise, type Token, Tokenizer, tokenize } from "../src/index.ts";
import { bytesOf, draftBytes, draftText } from "./envelopes.ts";

type Plain = {
  readonly what: string;
  readonly raw: string;
  readonly offset: number;
  readonly ordinal: number;
};

function plain(tokens: readonly Token[]): Plain[] {
  return tokens.map((token) => ({
    what: token.kind === "gap" ? token.reason : token.id,
    raw: token.raw,
    offset: token.offset,
    ordinal: token.kind === "gap" ? 0 : token.ordinal,
  }));
}

/** Segments by id and gaps by reason, in order. */
function outline(bytes: Uint8Array): string[] {
  return plain(tokenize(bytes)).map((token) => token.what);
}

function inPieces(bytes: Uint8Array, sizes: readonly number[]): Token[] {
  const tokenizer = new Tokenizer();
  const tokens: Token[] = [];
  let from = 0;
  for (let piece = 0; from < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1;
    tokens.push(...tokenizer.push(bytes.subarray(from, from + size)));
    from += size;
  }
  return [...tokens, ...tokenizer.end()];
}

const short = { groups: [{ sets: [{ segments: ["BEG*00*SA*1**20260112", "PO1*1*1*EA"] }] }] };
const order = ["ISA", "GS", "ST", "BEG", "PO1", "SE", "GE", "IEA"];

/** Bytes that look enough like X12 to reach every corner of the tokenizer. */
const nearlyX12: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        draftText(short),
        draftText({ ...short, separators: { element: "|", terminator: "\r\n" } }),
        draftText({ ...short, separators: { terminator: "\x85" } }),
        draftText(short).slice(0, 60),
        draftText(short).slice(0, 130),
        "ISA*",
        "ISA",
        "\xef\xbb\xbf",
        "  \r\n\t",
        "~~",
        "BIN*5*a~b*c~",
        "BDS*ASC*3*~~~~",
        "BIN*900*x~",
        "BIN*",
        "IEA*1*000000001",
      ),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    ),
    { maxLength: 12 },
  )
  .map((parts) => bytesOf(parts.join("")));

describe("no byte is lost", () => {
  test("whatever the bytes, the tokens together are the bytes", () => {
    const property = fc.property(fc.oneof(nearlyX12, fc.uint8Array({ maxLength: 2_000 })), (bytes) => {
      const tokens = tokenize(bytes);
      assert.equal(tokens.map((token) => token.raw).join(""), Buffer.from(bytes).toString("latin1"));
      assert.deepEqual(Buffer.from(serialise(tokens)), Buffer.from(bytes));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("each token begins where the one before it ended", () => {
    const property = fc.property(nearlyX12, (bytes) => {
      let at = 0;
      for (const token of tokenize(bytes)) {
        const lead = token.kind === "gap" ? 0 : token.lead.length;
        assert.equal(token.offset, at + lead);
        at += token.raw.length;
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe("how the bytes are cut into pieces makes no difference", () => {
  test("for bytes that are nearly X12", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
    const property = fc.property(nearlyX12, sizes, (bytes, pieces) => {
      assert.deepEqual(plain(inPieces(bytes, pieces)), plain(tokenize(bytes)));
    });
    fc.assert(property, { numRuns: 500 });
  });

  test("where gaps and segments are longer than their limits", () => {
    const long = "x".repeat(segmentBytesMax + 3 * gapBytesMax + 7);
    const text = [
      long,
      draftText({ groups: [{ sets: [{ segments: ["BEG*00", `MSG*${long}`, "CTT*1"] }] }] }),
      " ".repeat(2 * gapBytesMax + 5),
      draftText(short),
      "\n".repeat(gapBytesMax + 1),
    ].join("");
    const whole = plain(tokenize(bytesOf(text)));
    assert.equal(whole.map((token) => token.raw).join(""), text);
    for (const size of [1_000, gapBytesMax - 1, gapBytesMax, gapBytesMax + 1, 300_000])
      assert.deepEqual(plain(inPieces(bytesOf(text), [size])), whole, `pieces of ${size}`);
    assert.ok(whole.every((token) => token.raw.length <= segmentBytesMax + gapBytesMax));
  });

  test("one byte at a time, around a long binary segment", () => {
    const data = "~*".repeat(20_000);
    const text = draftText({ groups: [{ sets: [{ segments: ["BEG*00", `BIN*${data.length}*${data}`] }] }] });
    const tokens = inPieces(bytesOf(text), [1]);
    assert.deepEqual(plain(tokens), plain(tokenize(bytesOf(text))));
    const binary = tokens.find((token) => token.kind === "segment" && token.id === "BIN");
    assert.equal(binary?.kind === "segment" && binary.element(2), data);
  });
});

describe("delimiters are read by position", () => {
  const kinds: readonly (readonly [name: string, element: string, component: string, terminator: string])[] =
    [
      ["the usual ones", "*", ">", "~"],
      ["a pipe and a line feed", "|", ":", "\n"],
      ["a carriage return with a line feed", "*", ":", "\r\n"],
      ["a tilde between elements", "~", "@", "'"],
      ["NAK, as on old mainframes", "+", "<", "\x15"],
      ["a quarter of a UTF-8 ellipsis, in Latin-1", "^", "`", "\x85"],
      ["a whole UTF-8 ellipsis", "*", "{", "\xe2\x80\xa6"],
      ["an emoji between components", "*", "\xf0\x9f\x9a\x80", "~"],
      ["a file separator", "\x1d", "\x1f", "\x1c"],
      ["a space after an exclamation mark", "*", "\\", "!"],
    ];
  for (const [name, element, component, terminator] of kinds)
    test(name, () => {
      const tokens = tokenize(draftBytes({ ...short, separators: { element, component, terminator } }));
      const segments = tokens.filter((token) => token.kind === "segment");
      assert.deepEqual(
        segments.map((segment) => segment.id),
        order,
      );
      assert.equal(segments[3]?.element(3), "1");
      assert.equal(segments[0]?.delimiters.component, component);
    });

  test("each interchange of a file has its own", () => {
    const bytes = bytesOf(
      draftText(short) +
        draftText({ ...short, separators: { element: "|", component: ":", terminator: "\n" } }),
    );
    assert.deepEqual(outline(bytes), [...order, ...order]);
  });

  test("the repetition separator is ISA11 from 00402 on, unless a letter stands there", () => {
    const repetition = (draft: Parameters<typeof draftBytes>[0]) => {
      const [isa] = tokenize(draftBytes(draft));
      return isa?.kind === "segment" ? isa.delimiters.repetition : undefined;
    };
    assert.equal(repetition({ version: "00501" }), "^");
    assert.equal(repetition({ version: "00501", isa: { 11: "U" } }), "");
    assert.equal(repetition({ version: "00401", isa: { 11: "^" } }), "");
  });

  test("an ISA that is not padded is read to its sixteenth element", () => {
    assert.deepEqual(outline(draftBytes({ ...short, isa: { 2: "", 4: " ", 6: "RETAILER", 8: "X" } })), order);
  });

  test("a terminator that is a letter cuts nothing", () => {
    const text = draftText(short);
    const bytes = bytesOf(text.slice(0, 104) + text.slice(106));
    assert.deepEqual(outline(bytes), ["ISA", "junk"]);
  });
});

describe("what stands around segments", () => {
  test("a byte order mark, line ends, indentation and padding belong to the segment after them", () => {
    const text = draftText(short).replaceAll("~", "~  \r\n\t");
    const tokens = tokenize(bytesOf(`\xef\xbb\xbf${text}\x1a\0`));
    assert.deepEqual(
      plain(tokens).map((token) => token.what),
      [...order, "blank"],
    );
    const [isa, gs] = tokens;
    assert.equal(isa?.kind === "segment" && isa.lead, "\xef\xbb\xbf");
    assert.equal(gs?.kind === "segment" && gs.lead, "  \r\n\t");
  });

  test("a file wrapped at 80 columns reads as if it were not", () => {
    for (const lineEnd of ["\n", "\r\n"]) {
      const wrapped = draftText().replaceAll(/.{80}/g, `$&${lineEnd}`);
      const elements = (bytes: Uint8Array) =>
        tokenize(bytes).flatMap((token) => (token.kind === "segment" ? [token.elements] : []));
      assert.deepEqual(elements(bytesOf(wrapped)), elements(draftBytes()));
    }
  });

  test("a wrapped line may break anywhere in the ISA", () => {
    for (const breaks of [[1], [2], [3], [80], [80, 104], [80, 105]]) {
      let text = draftText(short);
      for (const at of breaks.toReversed()) text = `${text.slice(0, at)}\n${text.slice(at)}`;
      assert.deepEqual(outline(bytesOf(text)), order, `breaks at ${breaks}`);
    }
  });

  test("junk before, between and after interchanges is kept and named", () => {
    const text = `From: edi\n${draftText(short)}-- \n${draftText(short)}ISA was here`;
    assert.deepEqual(outline(bytesOf(text)), ["junk", ...order, "junk", ...order, "junk"]);
  });

  test("binary data may hold anything, also terminators and an ISA", () => {
    const data = `a~b*c\n${draftText(short)}`;
    for (const segment of [`BIN*${data.length}*${data}`, `BDS*ASC*${data.length}*${data}`]) {
      const tokens = tokenize(
        draftBytes({ groups: [{ sets: [{ segments: ["BEG*00", segment, "CTT*1"] }] }] }),
      );
      const binary = tokens.find((token) => token.kind === "segment" && token.binary);
      assert.equal(binary?.kind === "segment" && binary.elements.at(-1), data);
      assert.equal(tokens.length, 9);
    }
  });

  test("a binary segment whose length is wrong is cut like any other", () => {
    const drafts = ["BIN*3*abcdef", "BIN*x*abc", "BIN*999999*abc", "BIN*abc"];
    for (const segment of drafts) {
      const bytes = draftBytes({ groups: [{ sets: [{ segments: ["BEG*00", segment, "CTT*1"] }] }] });
      assert.deepEqual(outline(bytes), ["ISA", "GS", "ST", "BEG", "BIN", "CTT", "SE", "GE", "IEA"], segment);
    }
  });
});

describe("what is cut off", () => {
  test("an IEA without its terminator still closes the interchange", () => {
    const tokens = tokenize(bytesOf(draftText(short).slice(0, -1)));
    const last = tokens.at(-1);
    assert.equal(last?.kind === "segment" && last.id, "IEA");
    assert.equal(last?.kind === "segment" && last.terminated, false);
  });

  test("any other torn segment is no segment", () => {
    assert.deepEqual(outline(bytesOf(draftText(short).slice(0, 190))), ["ISA", "GS", "ST", "unterminated"]);
  });

  test("a torn ISA is named", () => {
    assert.deepEqual(outline(bytesOf(draftText(short).slice(0, 60))), ["unterminated-header"]);
  });

  test("an ISA inside an interchange begins the next one", () => {
    const torn = draftText(short).split("SE*")[0] ?? "";
    const next = draftText({ ...short, separators: { element: "|", terminator: "\n" } });
    assert.deepEqual(outline(bytesOf(torn + next)), [...order.slice(0, 5), ...order]);
  });

  test("two terminators have an empty segment between them", () => {
    const text = draftText(short).replace("PO1*1*1*EA~", "PO1*1*1*EA~~");
    assert.deepEqual(outline(bytesOf(text)), [...order.slice(0, 5), "empty-segment", ...order.slice(5)]);
  });
});
