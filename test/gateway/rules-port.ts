import { quantity } from "@crossdock/canonical";
import type { DraftOutcome, DraftView, RulesPort } from "../../src/gateway/index.ts";
import { channel, NOW, pageOf } from "./ports.ts";

const buffer = { kind: "buffer" as const, channel, units: quantity(2) };
const rule = { key: `buffer/channel:${channel}`, rule: buffer, since: 1 };

/** Drafts by their ids, and what is done with them. */
function memoryDrafts() {
  const drafts = new Map<string, DraftView>();
  async function take(draftId: string, more: Partial<DraftView>): Promise<DraftOutcome> {
    const found = drafts.get(draftId);
    if (found === undefined) return { is: "unknown-draft" };
    const draft = { ...found, ...more };
    drafts.set(draftId, draft);
    return { is: "done", draft };
  }
  async function create(name: string, by: string): Promise<DraftOutcome> {
    const draftId = `draft-${drafts.size + 1}`;
    drafts.set(draftId, {
      ...{ draftId, name, state: "draft", baseVersion: 1, changes: 1, authors: [by], createdAt: NOW },
    });
    return take(draftId, {});
  }
  return { drafts, take, create };
}

/** One channel with a buffer, and drafts that take every step in its order. The real part meets the gateway in test/scenarios. */
export function memoryRules(): RulesPort {
  const { drafts, take, create } = memoryDrafts();
  return {
    channels: async () => ({
      version: 1,
      channels: [{ channelId: channel, name: "Web", locations: [], since: 1 }],
    }),
    rules: async ({ version = 1 }) => (version > 1 ? "unknown-version" : { version, rules: [rule] }),
    versions: async (page) =>
      pageOf(
        [
          {
            version: 1,
            how: "loaded",
            rulesChanged: 2,
            by: "set-up",
            because: "Set-up.",
            at: NOW,
            correlationId: "j",
          },
        ],
        page,
      ),
    changesOf: async (version, page) =>
      version > 1 ? "unknown-version" : pageOf([{ key: rule.key, after: buffer }], page),
    drafts: async (page) => pageOf([...drafts.values()], page),
    async draft(draftId) {
      const draft = drafts.get(draftId);
      return draft && { draft, steps: [], effects: [] };
    },
    draftChanges: async (_draftId, page) => pageOf([{ key: rule.key, before: buffer }], page),
    effects: async (_draftId, page) => pageOf([], page),
    async *sheet() {
      yield ["action", "kind"];
    },
    create: (name, _edit, { caller }) => create(name, caller.clientId),
    edit: (draftId) => take(draftId, { state: "draft" }),
    importFile: async (draftId, { bytes }) =>
      bytes.length === 0
        ? { is: "unreadable", problem: "The file is empty." }
        : take(draftId, { state: "draft" }),
    check: (draftId) => take(draftId, { state: "checked" }),
    async approve(draftId, { caller }) {
      if (drafts.get(draftId)?.authors.includes(caller.clientId) !== true)
        return take(draftId, { state: "approved", approvedBy: caller.clientId });
      return { is: "refused", reason: "own-draft", message: "It is your own." };
    },
    activate: (draftId) => take(draftId, { state: "active", version: 2 }),
    drop: (draftId) => take(draftId, { state: "dropped" }),
    rollBack: async ({ version }, { caller }) =>
      version > 0 ? { is: "unknown-version" } : create("Back to version 0", caller.clientId),
  };
}
