import type { App } from "../web.ts";

/** Every value that a form sent, by the name of its field. */
export type FormFields = ReadonlyMap<string, readonly string[]>;

/** Lets routes take what forms send (application/x-www-form-urlencoded) and nothing else. */
export function takesForms(app: App, addRoutes: (scope: App) => void): void {
  app.register((scope: App, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string" },
      (_request, body, take) => take(null, new URLSearchParams(String(body))),
    );
    addRoutes(scope);
    done();
  });
}

/** What a form sent; nothing for a body that is none. */
export function formFields(body: unknown): FormFields {
  if (!(body instanceof URLSearchParams)) return new Map();
  return new Map([...new Set(body.keys())].map((name) => [name, body.getAll(name)]));
}

/** What was typed into a field, without spaces around it; empty when nothing was. */
export const typed = (fields: FormFields, name: string): string => fields.get(name)?.[0]?.trim() ?? "";
