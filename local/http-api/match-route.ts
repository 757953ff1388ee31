import type { Route } from '../deployment.ts';

export interface Match {
  readonly route: Route;
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * Selects a route: "1. Full match for a route and method. … 3. The `$default` route." (API Gateway Developer Guide, "Create
 * routes for HTTP APIs"). A literal path goes before a path variable. Greedy variables and `ANY` are not supported.
 * @param path percent-encoded
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
  if (routeMethod !== method) return undefined;
  const pathname = template.replaceAll(/\{(\w+)\}/g, ':$1');
  const groups = new URLPattern({ pathname }).exec({ pathname: path })?.pathname.groups;
  if (groups === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(groups).map(([name, value = '']) => [name, decodeURIComponent(value)]),
  );
}

function vagueness({ route: { key }, pathParameters }: Match): number {
  return key === '$default' ? Number.POSITIVE_INFINITY : Object.keys(pathParameters).length;
}
