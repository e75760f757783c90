import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCheckpoint, parseVerifier, signersOf, verifierText } from "../../../src/backbone/seal/note.ts";

// The example of Go's golang.org/x/mod/sumdb/note, which the format comes from.
const neumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const signature =
  "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

test("a key's text is read and written as others do it, and its check digits are checked", () => {
  const key = parseVerifier(neumann);
  assert.ok(key);
  assert.equal(key.name, "PeterNeumann");
  assert.equal(verifierText(key), neumann);
  assert.equal(parseVerifier(neumann.replace("c74f", "c74e")), undefined);
  assert.equal(parseVerifier("PeterNeumann"), undefined);
});

test("a signature that others made is found good, and any other text bad", () => {
  const key = parseVerifier(neumann);
  assert.ok(key);
  const bytes = Buffer.from(signature, "base64");
  const signed = {
    origin: "",
    size: 0,
    root: Buffer.alloc(32),
    signatures: [{ name: "PeterNeumann", hint: bytes.subarray(0, 4), signature: bytes.subarray(4) }],
  };
  assert.deepEqual(signersOf({ ...signed, text }, [key]), [key]);
  assert.deepEqual(signersOf({ ...signed, text: text.replace("don't", "do") }, [key]), []);
});

test("a checkpoint is read only in its exact form", () => {
  // The example of c2sp.org/tlog-checkpoint.
  const note =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
    "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
  const read = parseCheckpoint(note);
  assert.equal(read?.origin, "example.com/behind-the-sofa");
  assert.equal(read?.size, 20_852_163);
  assert.equal(read?.signatures.length, 1);
  const wrong = [
    note.trimEnd(),
    note.replace("20852163", "020852163"),
    note.replace("20852163", "9".repeat(16)),
    note.replace("q2I=", "q2J="),
    note.replace("YQ8=", "YQ9="),
    note.replace("\n\n", "\n"),
    `${note}and more\n`,
  ];
  for (const each of wrong) assert.equal(parseCheckpoint(each), undefined, each);
});
