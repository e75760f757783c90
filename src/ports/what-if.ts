import { channelId, orderId } from "@crossdock/canonical";
import { type AskDifference, parseRuleSet, type RunRow, type WhatIf } from "../availability/index.ts";
import type { WhatIfDifference, WhatIfPort, WhatIfRun, WhatIfWhole } from "../gateway/index.ts";
import { numberCursor } from "./cursor.ts";

/** What plays the past, as the gateway asks for it. */
export function whatIfPort(whatIf: WhatIf): WhatIfPort {
  return {
    async start({ from, to, rules, beside = "as-it-was", caller }) {
      const answer = await whatIf.start({
        from: new Date(from),
        to: to === undefined ? undefined : new Date(to),
        rules: parseRuleSet(rules),
        beside: parseRuleSet(beside),
        by: caller.clientId,
        correlationId: caller.correlationId,
      });
      return answer.is === "started" ? { is: "started", run: toRun(answer.run) } : answer;
    },
    async find(runId) {
      const row = await whatIf.run(runId);
      return row === undefined ? undefined : toWhole(row);
    },
    async list({ after, limit }) {
      const rows = await whatIf.runs({ before: after, limit });
      const last = rows.length < limit ? undefined : rows.at(-1)?.run_id;
      return { rows: rows.map(toRun), next: last };
    },
    async differences(runId, { after, limit, channelId: channel }) {
      const from = numberCursor(after) ?? 0;
      if (from === "bad-cursor") return from;
      const rows = await whatIf.differences(runId, { after: from, limit, channelId: channel });
      const last = rows.length < limit ? undefined : rows.at(-1)?.ask;
      return { rows: rows.map(toDifference), next: last === undefined ? undefined : String(last) };
    },
    cancel: (runId) => whatIf.cancel(runId),
  };
}

function toRun(row: RunRow): WhatIfRun {
  return {
    runId: row.run_id,
    from: row.from_at.toISOString(),
    to: row.to_at.toISOString(),
    rules: row.rules,
    beside: row.beside,
    state: row.state,
    transfers: row.transfers,
    ...(row.transfers_total === null ? {} : { transfersTotal: row.transfers_total }),
    ...(row.problem === null ? {} : { problem: row.problem }),
    askedBy: row.asked_by,
    askedAt: row.asked_at.toISOString(),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
  };
}

function toWhole(row: RunRow): WhatIfWhole {
  const { result } = row;
  if (result === null) return { run: toRun(row) };
  const { reproduced, tried, beside, ...rest } = result;
  const side = (played: typeof tried) => ({
    ...played,
    channels: played.channels.map((each) => ({ ...each, channelId: channelId(each.channelId) })),
  });
  return {
    run: toRun(row),
    result: {
      ...rest,
      ...{ tried: side(tried), beside: side(beside) },
      ...(reproduced === undefined
        ? {}
        : {
            reproduced: {
              ...reproduced,
              samples: reproduced.samples.map((each) => ({ ...each, channelId: channelId(each.channelId) })),
            },
          }),
    },
  };
}

function toDifference({
  channelId: channel,
  orderId: order,
  lines,
  ...rest
}: AskDifference): WhatIfDifference {
  return {
    ...rest,
    channelId: channelId(channel),
    ...(order === undefined ? {} : { orderId: orderId(order) }),
    lines: [...lines],
  };
}
