import { expect, test } from 'vitest';
import { matchRoute } from '../../../local/http-api/match-route.ts';

const ROUTES = ['$default', 'GET /files/{name}', 'POST /door/{name}', 'POST /door/front'].map(
  (key) => ({ key, authorization: 'NONE', timeoutMs: 30_000 }) as const,
);

test.each([
  ['POST', '/door/front', 'POST /door/front', {}],
  ['POST', '/door/back', 'POST /door/{name}', { name: 'back' }],
  ['POST', '/door/back%2Fleft', 'POST /door/{name}', { name: 'back/left' }],
  ['POST', '/door/a%20b%2Bc', 'POST /door/{name}', { name: 'a b+c' }],
  ['GET', '/files/today', 'GET /files/{name}', { name: 'today' }],
  ['POST', '/Door/front', '$default', {}],
  ['POST', '/door/front/', '$default', {}],
  ['POST', '/door', '$default', {}],
  ['POST', '/door/a/b', '$default', {}],
])('%s %s takes %s', (method, path, key, pathParameters) => {
  expect(matchRoute(ROUTES, method, path)).toMatchObject({ route: { key }, pathParameters });
});

test('without $default, what fits no route takes none', () => {
  expect(matchRoute(ROUTES.slice(1), 'GET', '/')).toBeUndefined();
});
