import { checker } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { acknowledge } from "../acknowledge.ts";
import type { Fault } from "../faults.ts";
import type { Group, Interchange, TransactionSet } from "../interchange.ts";
import { readInterchanges } from "../read.ts";
import type { Segment } from "../segment.ts";
import {
  controlNumberMax,
  type OutgoingElement,
  type OutgoingGroup,
  type OutgoingInterchange,
} from "../write.ts";
import { storable } from "./element-text.ts";
import type { LocalTime } from "./local-time.ts";
import { delimitersIn, type Profile } from "./settings.ts";

/*
 * A reply is stored between the mapping of a message and its sending, so it is plain data: the frames of the interchange
 * that is answered, with the faults that were found. The 997 is written from it by the codec when its number is known.
 */

const closed = { additionalProperties: false } as const;
const text = Type.String();
const number = Type.Integer({ minimum: 0 });

const ReplyFault = Type.Object(
  {
    level: Type.Union([
      Type.Literal("interchange"),
      Type.Literal("group"),
      Type.Literal("set"),
      Type.Literal("segment"),
      Type.Literal("element"),
    ]),
    code: text,
    severity: Type.Union([Type.Literal("noted"), Type.Literal("rejecting")]),
    segment: text,
    position: number,
    element: Type.Union([number, Type.Null()]),
    component: Type.Union([number, Type.Null()]),
    loop: Type.Optional(text),
    dataElement: Type.Optional(text),
    value: Type.Optional(text),
  },
  closed,
);

const ReplySet = Type.Object(
  { id: text, controlNumber: text, implementation: text, faults: Type.Array(ReplyFault) },
  closed,
);

const ReplyGroup = Type.Object(
  {
    functionalId: text,
    sender: text,
    receiver: text,
    controlNumber: text,
    version: text,
    setsDeclared: Type.Union([number, Type.Null()]),
    faults: Type.Array(ReplyFault),
    sets: Type.Array(ReplySet),
  },
  closed,
);

/** What a 997 or TA1 is written from. */
export const ReplyContent = Type.Object(
  {
    header: Type.Array(text, { maxItems: 17 }),
    faults: Type.Array(ReplyFault),
    groups: Type.Array(ReplyGroup),
  },
  { title: "X12ReplyContent", ...closed },
);
export type ReplyContent = Static<typeof ReplyContent>;
type ReplyFault = Static<typeof ReplyFault>;

/** Whether a stored content is one that a reply can be written from. */
export const checkReplyContent = checker(ReplyContent);

/** Values that are copied into a 997 are for people who look for a mistake; a partner's delimiters would break it. */
function isCopied(value: string, { delimiters }: Profile): boolean {
  const isDelimited = Object.values(delimiters).some((delimiter) => value.includes(delimiter));
  return /^[ -~]{1,99}$/.test(value) && !isDelimited;
}

function faultContent(found: Fault, profile: Profile): ReplyFault[] {
  const { level, code, severity, segment, position, element, component, loop, dataElement, value } = found;
  // A fault outside every interchange is told to nobody.
  if (level === "file") return [];
  return [
    {
      level,
      code,
      severity,
      segment: storable(segment),
      position,
      element,
      component,
      ...(loop === undefined ? {} : { loop }),
      ...(dataElement === undefined ? {} : { dataElement }),
      ...(value !== undefined && isCopied(value, profile) ? { value } : {}),
    },
  ];
}

function groupContent(group: Group, profile: Profile): ReplyContent["groups"][number] {
  const faultsOf = (faults: readonly Fault[]) => faults.flatMap((found) => faultContent(found, profile));
  return {
    functionalId: storable(group.functionalId),
    sender: storable(group.sender),
    receiver: storable(group.receiver),
    controlNumber: storable(group.controlNumber),
    version: storable(group.version),
    setsDeclared: group.setsDeclared,
    faults: faultsOf(group.faults),
    sets: group.sets.map((set) => ({
      id: storable(set.id),
      controlNumber: storable(set.controlNumber),
      implementation: storable(set.implementation),
      faults: faultsOf(set.faults),
    })),
  };
}

/** The content of the answer to an interchange, whether or not one is due: `answerOf` says. */
export function replyContent(interchange: Interchange, profile: Profile): ReplyContent {
  const { header, faults, groups } = interchange;
  // 997s of acknowledgements are not sent, and neither are those that the partner does not want; a TA1 still is.
  const answered = groups.filter(({ functionalId }) => profile.acknowledge997 && functionalId !== "FA");
  return {
    header: header.map(storable),
    faults: faults.flatMap((found) => faultContent(found, profile)),
    groups: answered.map((group) => groupContent(group, profile)),
  };
}

/** An answer as the writer takes it, or why it cannot be written. Undefined when none is due. */
export type Answer = { readonly interchange: OutgoingInterchange } | { readonly refused: string } | undefined;

/**
 * Makes the answer from its content: the codec decides what is said, the partner's profile with which delimiters. Groups are
 * numbered from the interchange's own number on.
 */
export function answerOf(
  content: ReplyContent,
  context: { readonly at: LocalTime; readonly controlNumber: number },
  profile: Profile,
): Answer {
  const { at, controlNumber } = context;
  const { date, time } = at;
  const answered = interchangeOf(content);
  const answer = acknowledge(answered, { date, time, controlNumber: 1, lineBreak: "" });
  if (answer === undefined) return undefined;
  if ("refused" in answer) return { refused: answer.refused.message };
  const [written] = readInterchanges(Buffer.from(answer.written, "latin1")).interchanges;
  if (written === undefined) return { refused: "the acknowledgement cannot be read back" };
  const [, , , , , qualifier = "", id = "", toQualifier = "", to = "", , , , version = "", , , usage] =
    written.header;
  return {
    interchange: {
      delimiters: delimitersIn(version, profile),
      lineBreak: profile.lineBreaks ? "\n" : "",
      sender: { qualifier, id },
      receiver: { qualifier: toQualifier, id: to },
      date: date.slice(2),
      time,
      version,
      controlNumber,
      usage: usage === "T" || usage === "I" ? usage : "P",
      acknowledgementRequested: false,
      acknowledgements: written.acknowledgements.map((segment) => ["TA1", ...elementsOf(segment)]),
      groups: written.groups.map((group, index) =>
        outgoingGroup(group, { at, controlNumber: controlNumber + index }),
      ),
    },
  };
}

function outgoingGroup(
  group: Group,
  context: { readonly at: LocalTime; readonly controlNumber: number },
): OutgoingGroup {
  const { functionalId, sender, receiver, version, sets } = group;
  return {
    functionalId,
    sender,
    receiver,
    date: context.at.date,
    time: context.at.time,
    controlNumber: ((context.controlNumber - 1) % controlNumberMax) + 1,
    version,
    sets: sets.map(({ id, controlNumber, segments }) => ({
      id,
      controlNumber,
      segments: segments.map((segment) => [segment.id, ...elementsOf(segment)]),
    })),
  };
}

function elementsOf(segment: Segment): OutgoingElement[] {
  const { component } = segment.delimiters;
  return segment.elements
    .slice(1)
    .map((value) => (value.includes(component) ? value.split(component) : value));
}

/** The interchange as far as an acknowledgement looks at it. */
function interchangeOf({ header, faults, groups }: ReplyContent): Interchange {
  return {
    header,
    delimiters: { element: "*", component: ">", repetition: "", terminator: "~" },
    position: 1,
    offset: 0,
    acknowledgements: [],
    addressed: true,
    faults: faults.map(faultOf),
    groups: groups.map(({ faults: ofGroup, sets, ...frame }) => ({
      ...frame,
      position: 1,
      offset: 0,
      faults: ofGroup.map(faultOf),
      sets: sets.map(setOf),
    })),
  };
}

function setOf({ faults, ...frame }: ReplyContent["groups"][number]["sets"][number]): TransactionSet {
  return { ...frame, position: 1, offset: 0, segmentCount: 0, segments: [], faults: faults.map(faultOf) };
}

function faultOf(found: ReplyFault): Fault {
  return { ...found, offset: 0, message: "" };
}
