import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID } from '../account.ts';
import type { Request } from '../loopback-server.ts';
import type { Match } from './match-route.ts';

/** Other bodies are sent in base64, including those without a content type (observed at HTTP APIs). */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript))$/i;

export interface Routed extends Match {
  /** Percent-encoded. */
  readonly path: string;
  readonly requestId: string;
}

/**
 * The event of payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs"), of
 * the stage `$default`.
 */
export function toEvent(request: Request, routed: Routed): object {
  const { method, target, headers, headersDistinct, body, sourceIp } = request;
  const { route, pathParameters, requestId } = routed;
  const query = target.slice(target.indexOf('?') + 1 || target.length);
  // The path is decoded, the query is not (observed at HTTP APIs).
  const path = decodeURIComponent(routed.path);
  const host = headers.host ?? '';
  const now = new Date();
  const isText = TEXT_TYPES.test(headers['content-type']?.split(';')[0]?.trim() ?? '');
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: query,
    ...some('cookies', headersDistinct['cookie']?.flatMap((line) => line.split(/; */)) ?? []),
    headers: {
      ...Object.fromEntries(
        Object.entries(headersDistinct)
          .filter(([name]) => name !== 'cookie' && name !== 'connection')
          .map(([name, values]) => [name, values?.join(',')]),
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
        userAgent: headers['user-agent'] ?? '',
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

/** Leaves out a field whose value is empty. */
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
