import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../aws-json.ts';
import type { Request } from '../loopback-server.ts';

/** Secret access keys by access key id. */
export type AccessKeys = Readonly<Record<string, string>>;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/secretsmanager\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
/** "The request must reach AWS within five minutes of the time stamp in the request." */
const MAX_AGE_MS = 5 * 60 * 1000;

/** Verifies a signature of version 4 (AWS IAM User Guide, "Create a signed AWS API request"). Throws if it is wrong. */
export function verifySignature(request: Request, accessKeys: AccessKeys, nowMs: number): void {
  const { headers, method, target, body } = request;
  const [, accessKeyId = '', date = '', region = '', names = '', signature = ''] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const accessKey = Object.hasOwn(accessKeys, accessKeyId) ? accessKeys[accessKeyId] : undefined;
  if (accessKey === undefined) {
    throw new AwsError(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  const time = String(headers['x-amz-date']);
  const sentMs = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const isCurrent = time.startsWith(date) && Math.abs(nowMs - sentMs) <= MAX_AGE_MS;
  const signed = names.split(';');
  // "[…] you must include the host header […], and any x-amz-* headers in the request."
  const isCovered = Object.keys(headers).every(
    (name) => (name !== 'host' && !name.startsWith('x-amz-')) || signed.includes(name),
  );
  const canonicalHeaders = signed.map(
    (name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}\n`,
  );
  const [path = '/', query = ''] = target.split('?');
  const canonicalRequest = [method, path, query, canonicalHeaders.join(''), names, sha256(body)].join('\n');
  const scope = `${date}/${region}/secretsmanager/aws4_request`;
  const stringToSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest)].join('\n');
  const key = [date, region, 'secretsmanager', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${accessKey}`,
  );
  const isSame = timingSafeEqual(hmac(key, stringToSign), Buffer.from(signature, 'hex'));
  if (isSame && isCovered && isCurrent) return;
  throw new AwsError(
    'InvalidSignatureException',
    isSame && isCovered
      ? `Signature expired: ${time} is not within 5 minutes of the server's time.`
      : 'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
