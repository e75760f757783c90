import { createHash } from "node:crypto";

/** HTML that is safe to send: text put into it was escaped. */
export type Html = { readonly html: string };

type Piece = string | Html | readonly Html[];

/** Writes HTML; whatever is put into it is escaped, except HTML. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  const written = pieces.map(write);
  return { html: strings.map((text, index) => text + (written[index] ?? "")).join("") };
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function write(piece: Piece): string {
  if (typeof piece === "string") return piece.replace(/[&<>"']/g, (character) => escapes[character] ?? "");
  return "html" in piece ? piece.html : piece.map((each) => each.html).join("");
}

/** Nothing but our own style: no script runs, nothing is asked of another host, and nobody frames the page. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The same for a page with a form that asks us something. */
export const FORM_PAGE_POLICY = PAGE_POLICY.replace("form-action 'none'", "form-action 'self'");

/** Path of the one style sheet. */
export const STYLE_PATH = "/docs/style.css";

/** A whole page. */
export function page(title: string, body: Html, width: "text" | "tables" = "text"): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${STYLE_PATH}?${STYLE_VERSION}">
</head>
<body>
<nav><a href="/">Crossdock</a> <a href="/stock">Stock</a> <a href="/stock/supply">Supply</a> <a href="/stock/shortfalls">Shortfalls</a> <a href="/stock/backorders">Backorders</a> <a href="/stock/drift">Drift</a> <a href="/stock/unresolved">Unknown names</a> <a href="/rules">Rules</a> <a href="/docs">API</a> <a href="/problems">Problems</a> <a href="/schemas">Schemas</a></nav>
<main class="${width}">
${body}
</main>
</body>
</html>
`.html;
}

export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #3a404a); --soft: light-dark(#f5f6f8, #1e2228); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
nav { padding: .75rem 1.5rem; border-bottom: 1px solid var(--line); display: flex; gap: 1.25rem; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem; } main.tables { max-width: 96rem; }
table.narrow { width: auto; } caption { text-align: left; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; } h3 { font-size: 1rem; margin-bottom: .25rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem 1rem; overflow-x: auto; border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
th details { font-weight: normal; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; }
summary { cursor: pointer; padding: .6rem .9rem; } details > div { padding: 0 .9rem .9rem; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 600; }
.path { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
.wide { overflow-x: auto; } td code { overflow-wrap: anywhere; }
.soft { opacity: .75; }
.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.great { font-size: 2.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.wrong { font-weight: 600; color: light-dark(#b00020, #ff8a80); }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: 1rem 0; }
label { display: grid; gap: .15rem; font-size: .875rem; }
form.bare { margin: 0; } input, select, button { font: inherit; padding: .35rem .6rem; border: 1px solid var(--line); border-radius: 6px; }
form.decide { display: block; } .row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: .75rem 0; }
.said { font-weight: 600; } .charts { display: flex; flex-wrap: wrap; gap: 2rem; } figure { margin: 0; } svg { max-width: 100%; }
.axis { stroke: var(--line); } .found { fill: light-dark(#2e7d5b, #6fcf9f); } .missing { fill: light-dark(#b00020, #ff8a80); }
a:focus-visible, input:focus-visible, select:focus-visible, button:focus-visible, summary:focus-visible { outline: 2px solid; outline-offset: 2px; }
`.trimStart();

/** Changes with the style, so that a browser does not dress a page of this version in the style of the one before. */
const STYLE_VERSION = createHash("sha256").update(STYLE).digest("hex").slice(0, 12);
