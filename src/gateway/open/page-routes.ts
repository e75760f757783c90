import { publishedSchemas } from "@crossdock/canonical";
import { Type } from "typebox";
import { docsPage } from "../docs-page.ts";
import type { Guards } from "../guard.ts";
import { html, page, STYLE, STYLE_PATH } from "../html.ts";
import type { Json } from "../open-api.ts";
import { isProblemCode, PROBLEM_CODES, PROBLEM_KINDS, type ProblemCode, problemPath } from "../problem.ts";
import { type App, isForPerson, refuse, sendPage } from "../web.ts";

/** Hides a route from the published document: it is for people, or describes the document itself. */
const hidden = { hide: true };

const JSON_TYPE = "application/json; charset=utf-8";
const SCHEMA_TYPE = "application/schema+json; charset=utf-8";

type Options = { readonly version: string; readonly document: () => Json };

/** Adds the pages that explain the server: the start, the documentation, the schemas and the problems. */
export function addPageRoutes(app: App, options: Options, guards: Guards): void {
  const onRequest = guards.open();
  const open = { onRequest, schema: hidden };

  app.get("/", open, async (request, reply) =>
    isForPerson(request.headers.accept)
      ? sendPage(reply, startPage(options.version))
      : { name: "Crossdock", version: options.version, links: LINKS },
  );

  // Both are made when first asked for: a start should not wait for them.
  let openApi: string | undefined;
  app.get("/openapi.json", open, async (_request, reply) => {
    openApi ??= JSON.stringify(options.document());
    return reply.header("content-type", JSON_TYPE).send(openApi);
  });
  let docs: string | undefined;
  app.get("/docs", open, async (_request, reply) => {
    docs ??= docsPage(options.document());
    return sendPage(reply, docs);
  });
  app.get(STYLE_PATH, open, async (_request, reply) =>
    reply
      .header("content-type", "text/css; charset=utf-8")
      .header("cache-control", "max-age=3600")
      .send(STYLE),
  );

  addSchemaRoutes(app, guards);
  addProblemRoutes(app, guards);
}

const LINKS = Object.freeze({
  stock: "/stock",
  documentation: "/docs",
  openapi: "/openapi.json",
  schemas: "/schemas",
  problems: "/problems",
  live: "/health/live",
  ready: "/health/ready",
  metrics: "/metrics",
});

function startPage(version: string): string {
  const rows = Object.entries(LINKS).map(
    ([name, path]) => html`<tr><td><a href="${path}">${path}</a></td><td>${name}</td></tr>`,
  );
  return page(
    "Crossdock",
    html`<h1>Crossdock <span class="soft">${version}</span></h1>
<p>Inventory middleware: one truthful, explainable answer to <em>how many may I promise?</em></p>
<table><tbody>${rows}</tbody></table>`,
  );
}

function addSchemaRoutes(app: App, guards: Guards): void {
  const open = { onRequest: guards.open(), schema: hidden };
  const schemas = publishedSchemas();

  app.get("/schemas", open, async (request, reply) => {
    const paths = [...schemas.keys()].sort();
    if (!isForPerson(request.headers.accept)) return { schemas: paths };
    const items = paths.map((path) => html`<li><a href="${path}">${path}</a></li>`);
    return sendPage(reply, page("Schemas", html`<h1>Schemas</h1><ul>${items}</ul>`));
  });
  app.get("/schemas/*", open, async (request, reply) => {
    const [path = ""] = request.url.split("?", 1);
    const schema = schemas.get(path);
    if (schema === undefined)
      return refuse(reply, { code: "not-found", detail: `There is no schema ${path}.` });
    return reply.header("content-type", SCHEMA_TYPE).send(JSON.stringify(schema));
  });
}

function addProblemRoutes(app: App, guards: Guards): void {
  const onRequest = guards.open();

  app.get("/problems", { onRequest, schema: hidden }, async (request, reply) => {
    if (!isForPerson(request.headers.accept)) return { problems: PROBLEM_CODES.map(describeProblem) };
    const rows = PROBLEM_CODES.map((code) => {
      const { status, title } = PROBLEM_KINDS[code];
      return html`<tr><td>${String(status)}</td><td><a href="${problemPath(code)}"><code>${code}</code></a></td><td>${title}</td></tr>`;
    });
    return sendPage(reply, page("Problems", html`<h1>Problems</h1><table><tbody>${rows}</tbody></table>`));
  });

  const schema = { ...hidden, params: Type.Object({ code: Type.String() }) };
  app.get("/problems/:code", { onRequest, schema }, async (request, reply) => {
    const { code } = request.params;
    if (!isProblemCode(code))
      return refuse(reply, { code: "not-found", detail: `There is no problem ${code}.` });
    return isForPerson(request.headers.accept) ? sendPage(reply, problemPage(code)) : describeProblem(code);
  });
}

function describeProblem(code: ProblemCode) {
  return { type: problemPath(code), code, ...PROBLEM_KINDS[code] };
}

function problemPage(code: ProblemCode): string {
  const { status, title, meaning, action } = PROBLEM_KINDS[code];
  return page(
    title,
    html`<h1>${title}</h1><p><code>${String(status)}</code> <code>${code}</code></p>
<h3>What it means</h3><p>${meaning}</p><h3>What to do</h3><p>${action}</p>`,
  );
}
