import type { Route } from '../deployment.ts';

export interface Match {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * The route that takes a request: a literal path goes before one with parameters, a method before `ANY`, and
 * `$default` takes the rest (API Gateway Developer Guide, "Routes for HTTP APIs").
 * @param path still percent-encoded
 */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match | undefined {
  const matches = routes.flatMap((route) => {
    const pathParameters = parametersOf(route.key, method, path);
    return pathParameters === undefined ? [] : [{ route, pathParameters }];
  });
  return matches.sort((a, b) => vagueness(a) - vagueness(b))[0];
}

function parametersOf(routeKey: string, method: string, path: string): Record<string, string> | undefined {
  if (routeKey === '$default') return {};
  const [routeMethod, template = ''] = routeKey.split(' ');
  if (routeMethod !== method && routeMethod !== 'ANY') return undefined;
  const pattern = template
    .split(/(\{\w+\+?\})/)
    .map((part) => part.replace(/^\{(\w+)\}$/, '(?<$1>[^/]+)').replace(/^\{(\w+)\+\}$/, '(?<$1>.+)'))
    .join('');
  const found = new RegExp(`^${pattern}$`).exec(path);
  if (found === null) return undefined;
  return Object.fromEntries(
    Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
  );
}

function vagueness({ route, pathParameters }: Match): number {
  if (route.key === '$default') return Number.POSITIVE_INFINITY;
  return Object.keys(pathParameters).length * 2 + (route.key.startsWith('ANY ') ? 1 : 0);
}
