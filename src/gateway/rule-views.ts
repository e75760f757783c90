import {
  ChannelGroupId,
  ChannelId,
  FormulaId,
  Instant,
  ItemId,
  LocationId,
  Quantity,
  RULE_KEY_LENGTH_MAX,
  Rule,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));
const count = Type.Integer({ minimum: 0 });
const because = Type.String({ minLength: 1, maxLength: 200, description: "Why; it stays in the history." });
const person = Type.String({ description: "The client whose key it was." });
const version = Type.Integer({ minimum: 0, description: "A version of the book; 0 is the empty one." });

/** Rules in one request: as many as fit into the largest body. A file takes more. */
export const RULES_PER_REQUEST_MAX = 10_000;

export const RuleKey = Type.String({
  minLength: 1,
  maxLength: RULE_KEY_LENGTH_MAX,
  description: "The name of a rule: its kind and its scope, for example `buffer/channel:web/item:itm-1`.",
});

/** A channel as the rules have it. */
export const ChannelView = Type.Object(
  {
    channelId: ChannelId,
    name: Type.String(),
    locations: Type.Array(LocationId, { description: "The network, in the order in which it sells." }),
    parent: Type.Optional(ChannelGroupId),
    minimumToPublish: Type.Optional(Quantity),
    formula: Type.Optional(FormulaId),
    since: version,
  },
  { title: "Channel", ...closed },
);
export type ChannelView = Static<typeof ChannelView>;

export const ChannelPage = Type.Object(
  { version, channels: Type.Array(ChannelView), next },
  { title: "ChannelPage", ...closed },
);
export type ChannelPage = Static<typeof ChannelPage>;

/** A rule of the book. */
export const RuleView = Type.Object(
  { key: RuleKey, rule: Rule, since: { ...version, description: "The version that brought it." } },
  { title: "BookRule", ...closed },
);
export type RuleView = Static<typeof RuleView>;

export const RulePage = Type.Object(
  { version, rules: Type.Array(RuleView), next },
  { title: "RulePage", ...closed },
);
export type RulePage = Static<typeof RulePage>;

/** A version of the book. */
export const VersionView = Type.Object(
  {
    version,
    how: Type.Union(
      [
        Type.Literal("loaded"),
        Type.Literal("activated"),
        Type.Literal("rolled-back"),
        Type.Literal("emergency"),
      ],
      { description: "`loaded`: at set-up. `emergency`: one person went back to an earlier version." },
    ),
    rulesChanged: count,
    draftId: Type.Optional(Type.String()),
    restores: Type.Optional({ ...version, description: "The version whose rules hold again." }),
    by: person,
    approvedBy: Type.Optional(person),
    because: Type.String(),
    at: Instant,
    correlationId: Type.String(),
  },
  { title: "RuleBookVersion", ...closed },
);
export type VersionView = Static<typeof VersionView>;

export const VersionPage = Type.Object(
  { versions: Type.Array(VersionView), next },
  { title: "RuleBookVersionPage", ...closed },
);

/** What a rule says before and after. */
export const ChangedRuleView = Type.Object(
  {
    key: RuleKey,
    before: Type.Optional(Rule),
    after: Type.Optional(Rule),
  },
  {
    title: "ChangedRule",
    description: "Absent before: it is new. Absent after: it is taken away.",
    ...closed,
  },
);
export type ChangedRuleView = Static<typeof ChangedRuleView>;

export const ChangedRulePage = Type.Object(
  { changes: Type.Array(ChangedRuleView), next },
  { title: "ChangedRulePage", ...closed },
);

export const DraftStateView = Type.Union([
  Type.Literal("draft"),
  Type.Literal("checked"),
  Type.Literal("approved"),
  Type.Literal("active"),
  Type.Literal("dropped"),
]);

/** A draft, as lists have it. */
export const DraftView = Type.Object(
  {
    draftId: Type.String(),
    name: Type.String(),
    state: DraftStateView,
    baseVersion: { ...version, description: "The version that it was checked against last." },
    restores: Type.Optional({ ...version, description: "It puts back the rules of this version." }),
    changes: { ...count, description: "Rules that it changes." },
    authors: Type.Array(person, {
      description: "Who has changed what it says. None of them may approve it.",
    }),
    approvedBy: Type.Optional(person),
    version: Type.Optional({ ...version, description: "The version that it became." }),
    createdAt: Instant,
  },
  { title: "RuleDraft", ...closed },
);
export type DraftView = Static<typeof DraftView>;

export const DraftPage = Type.Object(
  { drafts: Type.Array(DraftView), next },
  { title: "RuleDraftPage", ...closed },
);

const EffectSumView = Type.Object(
  {
    channelId: ChannelId,
    figures: { ...count, description: "Items of which it would be told another number." },
    toNone: { ...count, description: "Those that it could not sell any more." },
    fromNone: { ...count, description: "Those that it could sell from then on." },
    unitsMore: count,
    unitsLess: count,
  },
  { title: "EffectSum", ...closed },
);

/** A draft with its history and what was found when it was checked. */
export const DraftWholeView = Type.Object(
  {
    draft: DraftView,
    steps: Type.Array(
      Type.Object(
        {
          step: Type.String(),
          by: person,
          at: Instant,
          because: Type.Optional(Type.String()),
          correlationId: Type.String(),
        },
        closed,
      ),
    ),
    effects: Type.Array(EffectSumView, {
      description: "What it would change of what channels are told, as it was when it was checked last.",
    }),
  },
  { title: "RuleDraftWhole", ...closed },
);
export type DraftWholeView = Static<typeof DraftWholeView>;

export const EffectView = Type.Object(
  {
    channelId: ChannelId,
    itemId: ItemId,
    sku: Type.Optional(Type.String()),
    before: Quantity,
    after: Quantity,
  },
  { title: "RuleEffect", ...closed },
);
export type EffectView = Static<typeof EffectView>;

export const EffectPage = Type.Object(
  { effects: Type.Array(EffectView), next },
  { title: "RuleEffectPage", ...closed },
);

const edit = {
  remove: Type.Optional(
    Type.Array(RuleKey, { maxItems: RULES_PER_REQUEST_MAX, description: "Keys of rules to take away." }),
  ),
  because: Type.Optional(because),
};
const many = { maxItems: RULES_PER_REQUEST_MAX };
const name = Type.String({ minLength: 1, maxLength: 200, description: "What it is about, for people." });
const undo = Type.Optional(
  Type.Array(RuleKey, { ...many, description: "Keys of rules that the draft shall not change after all." }),
);

/** A new draft, as it is published. */
export const DraftRequest = Type.Object(
  { name, set: Type.Optional(Type.Array(Rule, many)), ...edit },
  { title: "RuleDraftRequest", ...closed },
);
/** What is checked first: each rule is checked against its own kind then, so that its faults are told in its words. */
export const LooseDraftRequest = Type.Object(
  { name, set: Type.Optional(Type.Array(Type.Unknown(), many)), ...edit },
  { title: "RuleDraftRequest", ...closed },
);

/** What a draft is to say otherwise. */
export const DraftEditRequest = Type.Object(
  { set: Type.Optional(Type.Array(Rule, many)), undo, ...edit },
  { title: "RuleDraftEdit", ...closed },
);
export const LooseDraftEditRequest = Type.Object(
  { set: Type.Optional(Type.Array(Type.Unknown(), many)), undo, ...edit },
  { title: "RuleDraftEdit", ...closed },
);

export const ReasonRequest = Type.Object(
  { because: Type.Optional(because) },
  { title: "RuleDraftStepRequest", ...closed },
);

export const RollbackRequest = Type.Object(
  {
    version: { ...version, description: "The version whose rules are to hold again." },
    because,
    emergency: Type.Optional(
      Type.Boolean({ description: "They hold at once; nobody else is asked, and the history says so." }),
    ),
  },
  { title: "RollbackRequest", ...closed },
);
