import { type Html, html, page } from "../html.ts";
import type { Scanned, ScannedLot, ToPick, WarehousePort } from "../warehouse-port.ts";
import { moment, units } from "./words.ts";

/** The page for whoever stands before a shelf with a telephone or a scanner. The place stays, so that only codes are scanned. */
export function warehousePage({
  location,
  code,
  answer,
}: {
  readonly location: string;
  readonly code: string;
  readonly answer: Awaited<ReturnType<WarehousePort["scan"]>> | undefined;
}): string {
  return page(
    "Warehouse",
    html`<h1>Warehouse</h1>
<form method="get" action="/warehouse">
<p><label>Place <input name="location" required maxlength="200" value="${location}" autocomplete="off"${location === "" ? html` autofocus` : html``}></label></p>
<p><label>Scan <input name="code" required maxlength="200" value="" autocomplete="off" autocapitalize="off" spellcheck="false"${location === "" ? html`` : html` autofocus`}></label>
<button>Look</button></p>
</form>
${answer === undefined ? html`` : result(answer, code)}`,
  );
}

function result(answer: Awaited<ReturnType<WarehousePort["scan"]>>, code: string): Html {
  if (answer.is !== "found") return html`<p role="alert" class="wrong">${code}: ${answer.message}</p>`;
  const { item, read, lots, toPick } = answer.scanned;
  const lot = read.lot === undefined ? html`` : html` Lot ${read.lot}.`;
  return html`<h2>${item.sku}</h2>
<p>${item.description}${lot}${doubt(answer.scanned)}</p>
${lots.length === 0 ? html`<p>Nothing of it was ever here.</p>` : lots.map(lotBlock)}
<h2>To pick</h2>
${toPick.length === 0 ? html`<p>Nothing.</p>` : pickTable(toPick)}`;
}

/** Says where a barcode and master data disagree about the day on which a lot expires: the goods are in the hand of whoever reads it. */
function doubt({ read, lots }: Scanned): Html {
  const known = lots.find(({ lot }) => lot === read.lot)?.expiresOn;
  if (read.expiresOn === undefined || known === undefined || known === read.expiresOn) return html``;
  return html` <strong>The label says ${read.expiresOn}, our books ${known}.</strong>`;
}

function lotBlock(lot: ScannedLot): Html {
  const rows: readonly (readonly [string, number])[] = [
    ["On hand", lot.onHand],
    ["Available", lot.available],
    ["Held", lot.held],
    ["Promised to orders", lot.allocated],
    ["Picked", lot.picked],
    ["Set aside for channels", lot.setAside],
    ["Quarantined", lot.quarantined],
    ["Damaged", lot.damaged],
  ];
  const shown = rows.filter(([name, value]) => value !== 0 || name === "On hand" || name === "Available");
  const expires = lot.expiresOn === undefined ? html`` : html`, good until ${lot.expiresOn}`;
  return html`<h3>${lot.lot === "" ? "No lot" : `Lot ${lot.lot}`}${expires}</h3>
<table class="narrow"><tbody>${shown.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="number">${units(value)}</td></tr>`)}</tbody></table>`;
}

function pickTable(toPick: readonly ToPick[]): Html {
  const rows = toPick.map(
    (each) =>
      html`<tr><td class="number"><strong>${units(each.units)}</strong></td><td>${each.lot}</td><td>${each.orderId ?? ""} ${each.lineId}</td><td>${moment(each.promisedAt)}</td></tr>`,
  );
  return html`<div class="wide"><table><thead><tr><th scope="col" class="number">Units</th><th scope="col">Lot</th><th scope="col">Order, line</th><th scope="col">Promised</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
