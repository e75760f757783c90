import { type OutboundDocument, problemsText } from "@crossdock/canonical";
import type { Account, RenderContext, Rendered, RenderRefusal } from "@crossdock/connector-kit";
import { controlNumberMax, type OutgoingInterchange, writeInterchange } from "../write.ts";
import { inventoryAdviceSet } from "./inventory-advice.ts";
import { type LocalTime, localTime } from "./local-time.ts";
import { orderAcknowledgementSet } from "./order-acknowledgement.ts";
import { answerOf, checkReplyContent } from "./reply.ts";
import type { SetBody, SetContext } from "./set-body.ts";
import { delimitersIn, type Profile, profileOf } from "./settings.ts";
import { shipNoticeSet } from "./ship-notice.ts";
import { Wording } from "./wording.ts";

/** The media type of RFC 1767. */
export const CONTENT_TYPE = "application/edi-x12";

/**
 * Renders a document as one interchange with one group, under the account's next control number: ISA13 and GS06 are that
 * number, and after 999999999 they start again at 1. Its name is the set and the control number, as the partner's 997 and
 * TA1 give it back.
 */
export function renderDocument(
  document: OutboundDocument,
  { now, controlNumber }: RenderContext,
  account: Account,
): Rendered | RenderRefusal {
  const profile = profileOf(account);
  const at = localTime(now, profile.timeZone);
  if (at === undefined) return { refused: "the moment of writing has no date that X12 can hold" };
  if (!Number.isSafeInteger(controlNumber) || controlNumber < 1) {
    return { refused: `${controlNumber} is no control number: they count from 1` };
  }
  const wrapped = ((controlNumber - 1) % controlNumberMax) + 1;
  if (document.kind === "reply")
    return renderReply(document.content, { at, controlNumber: wrapped }, profile);
  const wording = new Wording(profile);
  const body = setsOf(document, {
    wording,
    accountId: account.accountId,
    controlNumber: wrapped,
    now: at,
    localTime: (moment, what) => momentIn(wording, moment, what),
  });
  if (wording.refused !== undefined) return { refused: wording.refused };
  if (body === undefined) return { refused: `an EDI partner is told no ${document.kind}` };
  const interchange = interchangeOf(body, { at, controlNumber: wrapped }, wording);
  return rendered(interchange, `${body.id}-${wrapped}`);
}

function setsOf(document: OutboundDocument, context: SetContext): SetBody | undefined {
  switch (document.kind) {
    case "order-acknowledgement":
      return orderAcknowledgementSet(document, context);
    case "ship-notice":
      return shipNoticeSet(document, context);
    case "inventory-advice":
      return inventoryAdviceSet(document, context);
    case "warehouse-release":
    case "reply":
      return undefined;
    default:
      return document satisfies never;
  }
}

function momentIn(wording: Wording, moment: string, what: string): LocalTime | undefined {
  const found = localTime(new Date(moment), wording.profile.timeZone);
  if (found === undefined)
    wording.refuse(`${what} is ${JSON.stringify(moment)}, which is no moment that X12 can hold`);
  return found;
}

type Envelope = { readonly at: LocalTime; readonly controlNumber: number };

function interchangeOf(
  body: SetBody,
  { at, controlNumber }: Envelope,
  wording: Wording,
): OutgoingInterchange {
  const { profile, interchangeVersion } = wording;
  const { us, partner, version, usage, lineBreaks } = profile;
  return {
    delimiters: delimitersIn(interchangeVersion, profile),
    lineBreak: lineBreaks ? "\n" : "",
    sender: { qualifier: us.qualifier, id: us.id },
    receiver: { qualifier: partner.qualifier, id: partner.id },
    date: at.date.slice(2),
    time: at.time,
    version: interchangeVersion,
    controlNumber,
    usage,
    acknowledgementRequested: false,
    groups: [
      {
        functionalId: body.functionalId,
        sender: us.groupId ?? us.id,
        receiver: partner.groupId ?? partner.id,
        date: at.date,
        time: at.time,
        controlNumber,
        version,
        sets: body.sets.map((segments, index) => ({
          id: body.id,
          controlNumber: String(index + 1).padStart(4, "0"),
          segments,
        })),
      },
    ],
  };
}

function renderReply(content: unknown, envelope: Envelope, profile: Profile): Rendered | RenderRefusal {
  const checked = checkReplyContent(content);
  if (!checked.ok)
    return { refused: `the content of the reply is not one of ours: ${problemsText(checked.problems)}` };
  const answer = answerOf(checked.value, envelope, profile);
  if (answer === undefined) return { refused: "no acknowledgement is due" };
  if ("refused" in answer) return answer;
  const set = answer.interchange.groups.length > 0 ? "997" : "TA1";
  return rendered(answer.interchange, `${set}-${envelope.controlNumber}`);
}

function rendered(interchange: OutgoingInterchange, name: string): Rendered | RenderRefusal {
  const result = writeInterchange(interchange);
  if ("refused" in result) return { refused: result.refused.message };
  return { body: new Uint8Array(Buffer.from(result.written, "latin1")), contentType: CONTENT_TYPE, name };
}
