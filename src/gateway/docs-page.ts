import { type Html, html, page } from "./html.ts";
import { isList, type Json, members } from "./open-api.ts";

const methods = ["get", "post", "put", "patch", "delete"];

/** The OpenAPI document as a page to read: every operation with its parameters, bodies, answers and a call to copy. */
export function docsPage(document: Json): string {
  const { info, tags, components } = members(document);
  const groups = (isList(tags) ? tags : []).map((tag) => group(document, members(tag)));
  const schemas = Object.entries(members(members(components).schemas)).map(
    ([name, schema]) => html`<details id="schema-${name}"><summary><code>${name}</code></summary><div>
<pre>${pretty(schema)}</pre></div></details>`,
  );
  return page(
    "Crossdock API",
    html`<h1>Crossdock API <span class="soft">${text(members(info).version)}</span></h1>
<p>${prose(members(info).description)}</p>
<p>The same as a document for tools: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
Send an API key with every request: <code>Authorization: Bearer cd_…</code>. The calls below are for a shell that knows where the
server is and what the key is: <code>export URL=http://127.0.0.1:8080 KEY=cd_…</code></p>
${groups}
<h2>Schemas</h2>
${schemas}`,
  );
}

function group(document: Json, tag: Readonly<Record<string, Json>>): Html {
  const operations = Object.entries(members(members(document).paths)).flatMap(([path, item]) =>
    methods
      .map((method) => ({ path, method, operation: members(members(item)[method]) }))
      .filter(({ operation }) => isList(operation.tags) && operation.tags.includes(tag.name ?? null)),
  );
  return html`<h2>${text(tag.name)}</h2>
<p>${prose(tag.description)}</p>
${operations.map(operationBlock)}`;
}

type Operation = {
  readonly path: string;
  readonly method: string;
  readonly operation: Readonly<Record<string, Json>>;
};

function operationBlock(given: Operation): Html {
  const { path, method, operation } = given;
  const paragraphs = text(operation.description).split("\n\n");
  return html`<details id="${text(operation.operationId)}"><summary><span class="method">${method.toUpperCase()}</span>
<span class="path">${path}</span> <span class="soft">${text(operation.summary)}</span></summary><div>
${paragraphs.map((paragraph) => html`<p>${prose(paragraph)}</p>`)}
${parameterTable(operation.parameters)}
${bodyBlock(operation.requestBody)}
<h3>Answers</h3>
${Object.entries(members(operation.responses)).map(([status, response]) => answerBlock(status, response))}
<h3>Call</h3>
<pre>${call(given)}</pre>
</div></details>`;
}

function parameterTable(parameters: Json | undefined): Html {
  if (!isList(parameters) || parameters.length === 0) return html``;
  const rows = parameters.map((parameter) => {
    const { name, in: place, required, description, schema } = members(parameter);
    return html`<tr><td><code>${text(name)}</code></td><td>${text(place)}${required === true ? ", required" : ""}</td>
<td>${prose(description)} <code class="soft">${JSON.stringify(schema)}</code></td></tr>`;
  });
  return html`<h3>Parameters</h3><div class="wide"><table><tbody>${rows}</tbody></table></div>`;
}

function bodyBlock(body: Json | undefined): Html {
  const content = Object.entries(members(members(body).content));
  if (content.length === 0) return html``;
  return html`<h3>Body</h3>${content.map(([type, media]) => mediaBlock(type, media))}`;
}

function answerBlock(status: string, response: Json): Html {
  const { description, content } = members(response);
  const media = Object.entries(members(content)).map(([type, each]) => mediaBlock(type, each));
  return html`<p><code>${status}</code> ${prose(description)}</p>${media}`;
}

function mediaBlock(type: string, media: Json): Html {
  const { schema, example } = members(media);
  const shown = example === undefined ? html`` : html`<pre>${pretty(example)}</pre>`;
  return html`<p class="soft">${type}: ${schemaName(schema)}</p>${shown}`;
}

function schemaName(schema: Json | undefined): Html {
  const reference = members(schema).$ref;
  if (typeof reference !== "string") return html`<code>${JSON.stringify(schema ?? null)}</code>`;
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  return html`<a href="#schema-${name}">${name}</a>`;
}

/** The call for a shell, with the example where there is one. */
function call({ path, method, operation }: Operation): string {
  const [media] = Object.entries(members(members(operation.requestBody).content));
  const isOpen = isList(operation.security) && operation.security.length === 0;
  const lines = [
    `curl -X ${method.toUpperCase()} "$URL${path}"`,
    ...(isOpen ? [] : ['-H "Authorization: Bearer $KEY"']),
  ];
  if (media !== undefined) {
    const [type, { example }] = [media[0], members(media[1])];
    lines.push(`-H "Content-Type: ${type === "*/*" ? "application/octet-stream" : type}"`);
    lines.push(
      example === undefined
        ? "--data-binary @message"
        : `-d '${JSON.stringify(example).replaceAll("'", "'\\''")}'`,
    );
  }
  return lines.join(" \\\n  ");
}

/** A sentence in which what stands between backticks is code. */
function prose(value: Json | undefined): Html {
  const pieces = text(value).split("`");
  return html`${pieces.map((piece, place) => (place % 2 === 0 ? html`${piece}` : html`<code>${piece}</code>`))}`;
}

function pretty(value: Json): string {
  return JSON.stringify(value, null, 2);
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
