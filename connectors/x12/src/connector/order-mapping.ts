import { checker, OrderStatement, problemsText } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { TransactionSet } from "../interchange.ts";
import { type Decimal, decimalText, isEqual, readDecimal, sum } from "./decimal.ts";
import { invalid, type Problem, storable } from "./element-text.ts";
import { datesOf, latestDates, type OrderHeader, type Placed, readOrderHeader } from "./order-header.ts";
import {
  isNumbered,
  type LineContext,
  type LineLoop,
  lineLoops,
  type ReadLine,
  readLine,
} from "./order-line.ts";
import type { Profile } from "./settings.ts";

/** Problems of one order that are told; more do not help whoever mends the first. */
const PROBLEMS_TOLD_MAX = 20;

const checkStatement = checker(OrderStatement);

/**
 * The record of an 850. An order is taken whole or not at all: one line that cannot be read makes it invalid, with
 * everything that is wrong. The statement's id is the partner's and the order's number, so that the same order in another
 * interchange is a duplicate.
 */
export function mapOrder(
  set: TransactionSet,
  at: string,
  { profile, accountId }: { readonly profile: Profile; readonly accountId: string },
): MappedRecord {
  const problems: Problem[] = [];
  // ST is the first segment of a set, so what follows it is counted from two.
  const placed = set.segments.map((segment, index) => ({
    segment,
    at: `${at}, segment ${index + 2} (${segment.id})`,
  }));
  const firstLine = placed.findIndex(({ segment }) => segment.id === "PO1");
  const before = firstLine < 0 ? placed : placed.slice(0, firstLine);
  const header = readOrderHeader(before, profile.timeZone, problems);
  const loops = lineLoops(placed);
  const context = {
    profile,
    accountId,
    currency: currencyOf(before),
    isNumbered: isNumbered(loops),
    problems,
  };
  const lines = linesOf(loops, context);
  checkTotals(placed, lines, problems);
  if (header === undefined || problems.length > 0) return refusal(problems, at);
  return statementRecord({ ...latestLineDates(loops, profile.timeZone), ...header }, lines, { at, profile });
}

function linesOf(loops: readonly LineLoop[], context: LineContext): readonly ReadLine[] {
  return loops.map((loop, index) => readLine(loop, index, context)).filter((line) => line !== undefined);
}

/** CTT01 counts the lines and CTT02, where it is sent, adds up their quantities: what does not add up was lost on the way. */
function checkTotals(placed: readonly Placed[], lines: readonly ReadLine[], problems: Problem[]): void {
  const ctt = placed.find(({ segment }) => segment.id === "CTT");
  // With a line unread there is nothing to compare, and the line is told about already.
  if (ctt === undefined || problems.length > 0) return;
  const [count, total] = [1, 2].map((position) => readDecimal(ctt.segment.element(position).trim()));
  const differs = (told: Decimal | undefined, found: Decimal, what: string) => {
    if (told === undefined || isEqual(told, found)) return;
    problems.push({
      at: ctt.at,
      message: `CTT says ${decimalText(told)} ${what}, and there are ${decimalText(found)}`,
    });
  };
  differs(count, { digits: BigInt(lines.length), scale: 0 }, "lines");
  differs(total, sum(lines.map(({ quantity }) => quantity)), "units in all");
}

function currencyOf(header: readonly Placed[]): string | undefined {
  const currency =
    header
      .find(({ segment }) => segment.id === "CUR")
      ?.segment.element(2)
      .trim() ?? "";
  return /^[A-Z]{3}$/.test(currency) ? currency : undefined;
}

/** Dates that stand at the lines only: the earliest of each kind holds for the order. */
function latestLineDates(
  loops: readonly LineLoop[],
  timeZone: string,
): Pick<OrderHeader, "deliverBy" | "shipBy" | "cancelAfter"> {
  const dates = loops.map(({ segments }) => latestDates(datesOf(segments, timeZone)));
  const earliest = (name: keyof ReturnType<typeof latestDates>) =>
    dates
      .flatMap((date) => date[name] ?? [])
      .reduce(
        (first: string | undefined, one) => (first === undefined || one < first ? one : first),
        undefined,
      );
  const [deliverBy, shipBy, cancelAfter] = [
    earliest("deliverBy"),
    earliest("shipBy"),
    earliest("cancelAfter"),
  ];
  return {
    ...(deliverBy === undefined ? {} : { deliverBy }),
    ...(shipBy === undefined ? {} : { shipBy }),
    ...(cancelAfter === undefined ? {} : { cancelAfter }),
  };
}

function statementRecord(
  header: OrderHeader,
  lines: readonly ReadLine[],
  { at, profile }: { readonly at: string; readonly profile: Profile },
): MappedRecord {
  const { parties, attributes, orderNumber, placedAt, ...others } = header;
  const { qualifier, id } = profile.partner;
  const statement: OrderStatement = {
    type: "OrderReceived",
    id: `${qualifier}/${id}:${orderNumber}`,
    effectiveAt: placedAt,
    data: {
      orderNumber,
      placedAt,
      ...others,
      ...(parties.length === 0 ? {} : { parties: [...parties] }),
      attributes: { ...attributes },
      lines: lines.map((line) => line.statement),
    },
  };
  const checked = checkStatement(statement);
  return checked.ok
    ? { is: "order", at, statement }
    : invalid(at, "malformed-order", problemsText(checked.problems));
}

function refusal(problems: readonly Problem[], at: string): MappedRecord {
  const told = problems
    .slice(0, PROBLEMS_TOLD_MAX)
    .map((problem) => `${storable(problem.at)}: ${problem.message}`);
  const more = problems.length - told.length;
  const message = [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
  return invalid(problems[0]?.at ?? at, "malformed-order", message === "" ? "the order has no BEG" : message);
}
