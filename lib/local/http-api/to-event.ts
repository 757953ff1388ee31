import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID } from '../lambda-environment.ts';
import type { Match } from './match-route.ts';

/** A request as the server received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Percent-encoded. */
  readonly path: string;
  readonly query: string;
  /** Names in lower case, each with all its values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  readonly sourceIp: string;
}

/** All other bodies, those without a content type among them, reach the function in base64 (seen at HTTP APIs). */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript))$/i;

/**
 * A request as an HTTP API hands it to a function: payload format 2.0 (API Gateway Developer Guide, "Create AWS
 * Lambda proxy integrations for HTTP APIs").
 */
export function toEvent(
  request: ReceivedRequest,
  { route, pathParameters }: Match,
  requestId: string,
): object {
  const { method, query, headers, body, sourceIp } = request;
  // An HTTP API decodes the path, and leaves the query as it was (seen at HTTP APIs).
  const path = decodeURIComponent(request.path);
  const host = headers.get('host')?.[0] ?? '';
  const now = new Date();
  const isText = TEXT_TYPES.test(headers.get('content-type')?.[0]?.split(';')[0]?.trim() ?? '');
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: query,
    ...some('cookies', headers.get('cookie')?.flatMap((line) => line.split(/; */)) ?? []),
    headers: {
      ...Object.fromEntries(
        [...headers]
          .filter(([name]) => name !== 'cookie' && name !== 'connection')
          .map(([name, values]) => [name, values.join(',')]),
      ),
      'x-amzn-trace-id': `Root=1-${Math.floor(now.getTime() / 1000).toString(16)}-${randomUUID().replaceAll('-', '').slice(8)}`,
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': host.split(':')[1] ?? '80',
      'x-forwarded-proto': 'http',
    },
    ...some('queryStringParameters', queryParameters(query)),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      ...(route.authorization === 'AWS_IAM' ? { authorizer: { iam: IAM_CALLER } } : {}),
      domainName: host,
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp,
        userAgent: headers.get('user-agent')?.join(',') ?? '',
      },
      requestId,
      routeKey: route.key,
      stage: '$default',
      time: commonLogTime(now),
      timeEpoch: now.getTime(),
    },
    ...some('pathParameters', pathParameters),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

const IAM_CALLER = {
  accessKey: 'AKIALOCALLOCALLOCAL0',
  accountId: ACCOUNT_ID,
  callerId: 'AIDALOCALLOCALLOCAL0',
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: `arn:aws:iam::${ACCOUNT_ID}:user/local`,
  userId: 'AIDALOCALLOCALLOCAL0',
};

/** What is empty is left out. */
function some(name: string, value: object): object {
  return Object.keys(value).length === 0 ? {} : { [name]: value };
}

function queryParameters(query: string): Record<string, string> {
  const parameters = new URLSearchParams(query);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name).join(',')]),
  );
}

/** Such as `12/Mar/2026:19:03:58 +0000`. */
function commonLogTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
