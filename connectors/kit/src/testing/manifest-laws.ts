import { checker, problemsText } from "@crossdock/canonical";
import type { Connector, Manifest } from "../connector.ts";
import type { Law } from "./subject.ts";

/** A sentence for people: it begins like one, ends like one, and has more than one word. */
const SENTENCE = /^[A-Z`].*\s.*[.]$/s;
const SENTENCE_LENGTH_MIN = 15;

/** The laws of what a connector declares about itself. */
export const MANIFEST_LAWS: readonly Law[] = [
  {
    name: "the manifest is complete",
    why: "an operator sets up an account with nothing else at hand",
    check: async ({ connector }) => manifestProblems(connector),
  },
  {
    name: "settings are closed and explained",
    why: "a misspelt setting that is silently ignored is a mistake that nobody sees",
    check: async ({ connector }) => settingsProblems(connector.manifest),
  },
  {
    name: "the account of the tests fits the manifest",
    why: "a proof with settings that the product would refuse proves nothing",
    async check(subject) {
      const checked = checker(subject.connector.manifest.settings)(subject.account().settings);
      return checked.ok ? [] : [`the account's settings: ${problemsText(checked.problems)}`];
    },
  },
];

function manifestProblems({ manifest, intake, outlet, publisher }: Connector): string[] {
  const problems: string[] = [];
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(manifest.name)) {
    problems.push(`the name ${JSON.stringify(manifest.name)} is not 1 to 40 of a-z 0-9 -`);
  }
  for (const field of ["title", "version", "speaks"] as const) {
    if (manifest[field].trim() === "") problems.push(`${field} is empty`);
  }
  for (const [name, sentence] of Object.entries(manifest.secrets)) {
    if (!isSentence(sentence)) {
      problems.push(`the secret ${name} has no sentence that says where to find it`);
    }
  }
  if (intake === undefined && outlet === undefined && publisher === undefined) {
    problems.push("it has no intake, no outlet and no publisher, so it connects nothing");
  }
  if (
    publisher !== undefined &&
    !(Number.isSafeInteger(publisher.rowsPerCall) && publisher.rowsPerCall > 0)
  ) {
    problems.push(`the publisher's rowsPerCall is ${publisher.rowsPerCall}, and must be at least 1`);
  }
  if (publisher !== undefined && manifest.listingScheme === undefined) {
    problems.push("it publishes, but names no listingScheme, so no item has a listing");
  }
  return problems;
}

function settingsProblems({ settings }: Manifest): string[] {
  if (property(settings, "type") !== "object") return ["settings is not the schema of an object"];
  const open =
    property(settings, "additionalProperties") === false
      ? []
      : ["settings allows names that it does not know: additionalProperties must be false"];
  const named = Object.entries(property(settings, "properties") ?? {});
  const unexplained = named
    .filter(([, schema]) => !isSentence(property(schema, "description")))
    .map(([name]) => `the setting ${name} has no description that is a sentence`);
  return [...open, ...unexplained];
}

function isSentence(text: unknown): boolean {
  return typeof text === "string" && text.length >= SENTENCE_LENGTH_MIN && SENTENCE.test(text);
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
