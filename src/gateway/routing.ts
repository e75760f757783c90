/** Which methods a path takes, for the answer to those that it does not take. */
export type RouteTable = {
  add(method: string, pattern: string): void;
  /** Methods of the routes whose pattern a path fits, in alphabetical order. */
  methodsOf(path: string): readonly string[];
};

/** Makes a table of routes. Patterns have `:name` for one segment and a trailing `*` for the rest. */
export function createRouteTable(): RouteTable {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  return {
    add(method, pattern) {
      routes.push({ method, pattern: expressionOf(pattern) });
    },
    methodsOf(path) {
      const methods = routes.filter((route) => route.pattern.test(path)).map((route) => route.method);
      return [...new Set(methods)].sort();
    },
  };
}

function expressionOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replace(/:[A-Za-z]+/g, "[^/]+").replace("*", ".*")}$`);
}
