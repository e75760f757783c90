#!/usr/bin/env node
// Checks what Crossdock exports of its log, without Crossdock: needs Node and nothing else.
//
//   node verify-log.mjs --key <verifier key> [--checkpoint <file>]... <export or proof>...
//
// The key is the text that `crossdock audit key` shows; take it from whom you trust, not from whoever gives you the export. A
// checkpoint is a signed note that you kept from earlier. Exit code 0: everything holds. 1: something does not. 2: misuse.
//
// A fact is a line of text, or, where it is not part of what was exported, `{"hash":"..."}`, its leaf in base64. Its leaf is SHA-256 of a zero byte and the line; a node is SHA-256 of a one byte and its two
// children; the tree is that of RFC 9162, section 2.1. A checkpoint is "origin, size, root" as three lines, signed with
// Ed25519 (c2sp.org/tlog-checkpoint). So no fact can be changed, removed, added or moved without another root, and nobody
// without the key can sign another root.
import { createHash, createPublicKey, verify } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const leafOf = (line) => sha256(Uint8Array.of(0), line);
const nodeOf = (left, right) => sha256(Uint8Array.of(1), left, right);

/** Fails the check that is under way. */
function fail(why) {
  throw new Error(why);
}

/** Exactly the bytes that a base64 text stands for. */
function bytesOf(text, length) {
  const bytes = Buffer.from(String(text), "base64");
  if (bytes.length !== length || bytes.toString("base64") !== text)
    fail(`"${text}" is not ${length} bytes in base64`);
  return bytes;
}

/** A JSON text that is written as we write it, with exactly these members. */
function membersOf(text, names) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    fail("it is not JSON");
  }
  if (JSON.stringify(value) !== text || Object.keys(value ?? {}).join() !== names.join())
    fail("its form is wrong");
  return value;
}

/** Reads `<name>+<hint>+<key>`. */
export function readKey(text) {
  const [name, hint, encoded] = text.trim().split("+", 2).concat(text.trim().split("+").slice(2).join("+"));
  const key = bytesOf(encoded, 33);
  if (key[0] !== 1) fail("the key is not of Ed25519");
  const found = sha256(`${name}\n`, key).subarray(0, 4);
  if (found.toString("hex") !== hint) fail("the key's own check digits are wrong");
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key.subarray(1)]);
  return { name, hint: found, publicKey: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

/** Reads a checkpoint and checks that one of the keys signed it. */
export function readCheckpoint(note, keys) {
  const parts =
    /^((\S+)\n(0|[1-9]\d*)\n(\S+)\n)\n((?:— \S+ \S+\n)+)$/.exec(note) ?? fail("it is no checkpoint");
  const [, text, origin, size, root, lines] = parts;
  const isSigned = lines
    .trimEnd()
    .split("\n")
    .some((line) => {
      const [, name, encoded] = line.split(" ");
      const signature = Buffer.from(encoded, "base64");
      if (signature.toString("base64") !== encoded) fail("a signature is not base64");
      return keys.some(
        (key) =>
          key.name === name &&
          key.name === origin &&
          key.hint.equals(signature.subarray(0, 4)) &&
          verify(null, Buffer.from(text), key.publicKey, signature.subarray(4)),
      );
    });
  if (!isSigned) fail("no key that you trust has signed the checkpoint");
  if (!Number.isSafeInteger(Number(size))) fail("its size is no number");
  return { origin, size: Number(size), root: bytesOf(root, 32) };
}

/** Heights of the whole subtrees that make up the leaves from `first` to before `end`, from left to right. */
function heightsOf(first, end) {
  const heights = [];
  for (let at = first; at < end; at += 2 ** heights.at(-1)) {
    let height = 0;
    while (at % 2 ** (height + 1) === 0 && at + 2 ** (height + 1) <= end) height += 1;
    heights.push(height);
  }
  return heights;
}

/** A tree that grows from left to right by whole subtrees. */
function growingTree() {
  const peaks = [];
  return {
    add(hash, height = 0) {
      let peak = { hash, height };
      while (peaks.at(-1)?.height === peak.height)
        peak = { hash: nodeOf(peaks.pop().hash, peak.hash), height: peak.height + 1 };
      peaks.push(peak);
    },
    root: () =>
      peaks
        .map(({ hash }) => hash)
        .reduceRight((right, left) => (right ? nodeOf(left, right) : left), undefined) ?? sha256(""),
  };
}

/** Checks an export, line by line (bytes without their line end). `end` says what was proved, or throws why nothing is. */
export function exportCheck(keys, olderNotes = []) {
  const older = olderNotes.map((note) => readCheckpoint(note, keys)).sort((a, b) => a.size - b.size);
  const tree = growingTree();
  let head;
  let checkpoint;
  let lines = 0;
  let hashesOnly = 0;

  function begin(line) {
    head = membersOf(line.toString(), ["format", "first", "count", "before", "after", "checkpoint"]);
    checkpoint = readCheckpoint(head.checkpoint, keys);
    const { first, count, before, after } = head;
    if (head.format !== "crossdock-audit-export/1") fail("it is no export of version 1");
    if (![first, count].every((each) => Number.isSafeInteger(each) && each >= 0))
      fail("its range is no range");
    if (first + count > checkpoint.size) fail("its range goes beyond the checkpoint");
    head.afterHeights = heightsOf(first + count, checkpoint.size);
    const beforeHeights = heightsOf(0, first);
    if (before.length !== beforeHeights.length) fail("it has not the hashes before its first fact");
    if (after.length !== head.afterHeights.length) fail("it has not the hashes after its last fact");
    for (const [at, height] of beforeHeights.entries()) tree.add(bytesOf(before[at], 32), height);
    const wrong = older.find(({ origin, size }) => origin !== checkpoint.origin || size > checkpoint.size);
    if (wrong)
      fail(
        `the log is of ${checkpoint.size} facts; you kept a checkpoint of ${wrong.size} of ${wrong.origin}`,
      );
    const unseen = older.find(({ size }) => size < first || (size > first + count && size < checkpoint.size));
    if (unseen)
      fail(
        `your checkpoint of ${unseen.size} facts is outside of this export; check it with one from fact 0 on`,
      );
    meet();
  }

  function meet() {
    const size = head.first + lines;
    for (; older[0]?.size === size; older.shift()) {
      if (!older[0].root.equals(tree.root()))
        fail(`the first ${size} facts are not those of the checkpoint that you kept`);
    }
  }

  return {
    line(bytes) {
      if (head === undefined) {
        begin(bytes);
        return;
      }
      lines += 1;
      if (lines > head.count) fail(`it has more than the ${head.count} facts that it says`);
      const [, hash] = /^\{"hash":"([^"]*)"\}$/.exec(bytes.toString("latin1")) ?? [];
      if (hash !== undefined) hashesOnly += 1;
      tree.add(hash === undefined ? leafOf(bytes) : bytesOf(hash, 32));
      meet();
    },
    end() {
      if (head === undefined) fail("it is empty");
      if (lines < head.count) fail(`it has ${lines} of the ${head.count} facts that it says`);
      for (const [at, height] of head.afterHeights.entries()) tree.add(bytesOf(head.after[at], 32), height);
      if (!tree.root().equals(checkpoint.root)) fail("its facts are not those that were signed");
      if (older.some(({ root }) => !root.equals(checkpoint.root)))
        fail("the checkpoint differs from the one that you kept");
      const only = hashesOnly === 0 ? "" : ` (of ${hashesOnly} only the hash)`;
      return `facts ${head.first} to ${head.first + lines - 1}${only} are ${lines} of the ${checkpoint.size} that ${checkpoint.origin} signed`;
    },
  };
}

/** Checks an export given whole. */
export function checkExport(bytes, keys, olderNotes = []) {
  const check = exportCheck(keys, olderNotes);
  if (bytes.at(-1) !== 0x0a) fail("its last line is not whole");
  for (let at = 0, end; at < bytes.length; at = end + 1) {
    end = bytes.indexOf(0x0a, at);
    check.line(bytes.subarray(at, end));
  }
  return check.end();
}

/** Goes from a node of the lowest level up to the root of a tree whose last node is `last`, joining what stands beside the way. */
function climb({ node, last, hashes }, join) {
  let [at, end] = [node, last];
  for (const hash of hashes) {
    if (end === 0) fail("it has too many hashes");
    const isLeft = at % 2 === 1 || at === end;
    join(hash, isLeft);
    while (isLeft && at % 2 === 0 && at !== 0) [at, end] = [at / 2, Math.floor(end / 2)];
    [at, end] = [Math.floor(at / 2), Math.floor(end / 2)];
  }
  if (end !== 0) fail("it has too few hashes");
}

/** Checks the proof that one fact is in the log: RFC 9162, section 2.1.3.2. */
export function checkInclusion(text, keys) {
  const proof = membersOf(text, ["format", "index", "size", "leaf", "hashes", "checkpoint"]);
  const { origin, size, root } = readCheckpoint(proof.checkpoint, keys);
  const { index } = proof;
  if (proof.size !== size || !Number.isSafeInteger(index) || index < 0 || index >= size)
    fail("it is of another size");
  let node = leafOf(proof.leaf);
  climb(
    { node: index, last: size - 1, hashes: proof.hashes.map((each) => bytesOf(each, 32)) },
    (hash, isLeft) => {
      node = isLeft ? nodeOf(hash, node) : nodeOf(node, hash);
    },
  );
  if (!node.equals(root)) fail("the fact is not in the log that was signed");
  return `the fact is number ${index} of the ${size} that ${origin} signed`;
}

/** Checks the proof that an older log is the beginning of a newer: RFC 9162, section 2.1.4.2. Both roots must be signed. */
export function checkConsistency(text, keys, notes) {
  const proof = membersOf(text, ["format", "from", "to", "fromRoot", "toRoot", "hashes"]);
  const signed = notes.map((note) => readCheckpoint(note, keys));
  const rootOf = (size) =>
    (signed.find((each) => each.size === size) ?? fail(`give your checkpoint of ${size} facts`)).root;
  const [from, to] = [rootOf(proof.from), rootOf(proof.to)];
  if (!from.equals(bytesOf(proof.fromRoot, 32)) || !to.equals(bytesOf(proof.toRoot, 32)))
    fail("its roots are not the signed ones");
  if (proof.from > proof.to) fail("it goes backwards");
  const hashes = proof.hashes.map((each) => bytesOf(each, 32));
  let [node, last] = [proof.from - 1, proof.to - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  // The old root is itself a node of the new tree where the old log was a power of two, and where nothing was added.
  if (node <= 0 || proof.from === proof.to) hashes.unshift(from);
  if (node === last || proof.from === 0) [node, last] = [0, 0];
  let [older, newer] = [hashes[0], proof.from === 0 ? to : hashes[0]];
  climb({ node, last, hashes: hashes.slice(1) }, (hash, isLeft) => {
    if (isLeft) older = nodeOf(hash, older);
    newer = isLeft ? nodeOf(hash, newer) : nodeOf(newer, hash);
  });
  if (!older?.equals(from) || !newer?.equals(to)) fail("the older log is not the beginning of the newer");
  return `the log of ${proof.from} facts is the beginning of the log of ${proof.to}`;
}

/** Checks an export of any size without holding it in memory. */
async function checkExportFile(path, keys, notes) {
  const check = exportCheck(keys, notes);
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    let bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a)) {
      check.line(bytes.subarray(0, end));
      bytes = bytes.subarray(end + 1);
    }
    rest = bytes;
  }
  if (rest.length > 0) fail("its last line is not whole");
  return check.end();
}

async function checkFile(path, keys, notes) {
  const start = createReadStream(path, { end: 60 });
  const [head = Buffer.alloc(0)] = await start.take(1).toArray();
  if (head.includes("crossdock-audit-export/")) return checkExportFile(path, keys, notes);
  const text = readFileSync(path, "utf8").trimEnd();
  return head.includes("crossdock-inclusion-proof/")
    ? checkInclusion(text, keys)
    : checkConsistency(text, keys, notes);
}

async function main() {
  const several = { type: "string", multiple: true, default: [] };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { key: several, checkpoint: several },
  });
  if (values.key.length === 0 || positionals.length === 0) {
    process.stderr.write(
      "usage: verify-log.mjs --key <verifier key> [--checkpoint <file>]... <export or proof>...\n",
    );
    return 2;
  }
  let code = 0;
  for (const path of positionals) {
    try {
      const keys = values.key.map(readKey);
      const notes = values.checkpoint.map((each) => readFileSync(each, "utf8"));
      process.stdout.write(`${path}: holds: ${await checkFile(path, keys, notes)}\n`);
    } catch (error) {
      process.stdout.write(`${path}: DOES NOT HOLD: ${error.message}\n`);
      code = 1;
    }
  }
  return code;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exitCode = await main();
