import { describe, expect, test } from 'vitest';
import { blinkAt, NOBODY } from './blink-under-test.ts';
import { type Answer, answer, cutOff, HTML, reset, scriptedServer, silence } from './scripted-server.ts';

const ACCOUNT = { tier: 'e008', accountId: 123456 };
const NEWER = '/api/v1/clients/77/control_panel/clients';
const OLDER = '/api/v1/accounts/123456/clients/77/control_panel/clients';
const HOME = '/api/v3/accounts/123456/homescreen';
const OTHERS = answer(200, { clients: [{ id: 5, name: 'phone' }, { id: '770' }] });

const EMPTY = answer(200, { clients: [] });

/** A Blink that answers by the path. What is not told is a 404. */
async function secondLook(answers: Readonly<Record<string, Answer>>, clientId = '77') {
  const server = await scriptedServer((response, request) =>
    (answers[request.url ?? ''] ?? answer(404))(response, request),
  );
  const hasClient = await blinkAt(server).blink.hasClient('access', ACCOUNT, '77', clientId);
  return { hasClient, requests: server.requests };
}

describe('whether the account has the client', () => {
  test.each<[string, Record<string, Answer>, boolean | undefined, string?]>([
    ['the list lacks it', { [NEWER]: OTHERS }, false],
    ['the list of the older path lacks it', { [OLDER]: OTHERS }, false],
    ['the list is empty', { [NEWER]: EMPTY }, false],
    ['the list has its id as a number', { [NEWER]: answer(200, { clients: [{ id: 77 }] }) }, true],
    ['the list has its id as a string', { [NEWER]: answer(200, { clients: [{ id: '77' }] }) }, true],
    ['there is no list', {}, undefined],
    ['the list is refused: a PIN', { [NEWER]: answer(403, { code: 2338 }) }, undefined],
    ['the list is refused: the token', { [NEWER]: answer(401, { code: 101 }) }, undefined],
    ['the list is refused, with a list', { [NEWER]: answer(403, { clients: [{ id: 5 }] }) }, undefined],
    ['the edge blocks', { [NEWER]: answer(406) }, undefined],
    ['Blink fails', { [NEWER]: answer(500) }, undefined],
    ['the list is a redirect', { [NEWER]: answer(302, '', { Location: OLDER }), [OLDER]: OTHERS }, undefined],
    ['the list is HTML', { [NEWER]: answer(200, HTML) }, undefined],
    ['the list is nothing', { [NEWER]: answer(200) }, undefined],
    ['the list has another form', { [NEWER]: answer(200, []) }, undefined],
    [
      'an id in the list is none',
      { [NEWER]: answer(200, { clients: [{ id: 5 }, { id: null }] }) },
      undefined,
    ],
    ['the list is cut off', { [NEWER]: cutOff(200, '{"clients":[{"id":5}') }, undefined],
    ['the connection closes', { [NEWER]: reset }, undefined],
    ['the list does not come', { [NEWER]: silence }, undefined],
    [
      'the home screen says that the token is its',
      { [NEWER]: OTHERS, [HOME]: answer(200, {}, { 'Client-Id': '77' }) },
      false,
    ],
    [
      'the home screen says that the token is another client\u2019s',
      { [NEWER]: OTHERS, [HOME]: answer(200, {}, { 'Client-Id': '5' }) },
      undefined,
    ],
    ['the home screen names no client', { [NEWER]: OTHERS, [HOME]: answer(200, {}) }, false],
    ['the home screen fails', { [NEWER]: OTHERS, [HOME]: answer(500) }, false],
    ['another client is in the list', { [NEWER]: OTHERS }, true, '770'],
    ['another client is not in the list', { [NEWER]: answer(200, { clients: [{ id: 77 }] }) }, false, '99'],
    ['the list lacks the client that asks for another', { [NEWER]: OTHERS }, undefined, '99'],
    ['the list that another client is looked up in is empty', { [NEWER]: EMPTY }, undefined, '99'],
  ])('is known or not where %s', async (_, answers, expected, clientId) => {
    expect((await secondLook(answers, clientId)).hasClient).toBe(expected);
  });

  test('is asked of the list as the session\u2019s own client sees it, and of the home screen only for that client', async () => {
    const own = await secondLook({ [NEWER]: OTHERS });
    expect(own.requests.map(({ target }) => target.replace('rest-e008.immedia-semi.com', ''))).toEqual([
      NEWER,
      HOME,
    ]);
    const other = await secondLook({ [NEWER]: OTHERS }, '5');
    expect(other.requests).toMatchObject([
      {
        method: 'GET',
        target: `rest-e008.immedia-semi.com${NEWER}`,
        headers: { authorization: 'Bearer access' },
      },
    ]);
  });

  test('is not known if Blink cannot be reached', async () => {
    const { blink } = blinkAt(NOBODY);
    expect(await blink.hasClient('access', ACCOUNT, '77', '77')).toBeUndefined();
  });
});
