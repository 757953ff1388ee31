import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Certificate {
  /** A PEM file, which clients must trust. */
  readonly file: string;
  readonly key: string;
  readonly cert: string;
}

const NAMES = ['IP:127.0.0.1', 'DNS:api.oauth.blink.com', 'DNS:*.immedia-semi.com'];

/** Makes a self-signed certificate with OpenSSL, for all names of the stand-ins. It is used for one run. */
export async function createCertificate(directory: string): Promise<Certificate> {
  const file = join(directory, 'certificate.pem');
  const keyFile = join(directory, 'key.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'],
    ...['-subj', '/CN=stand-in', '-addext', `subjectAltName=${NAMES.join(',')}`],
    ...['-keyout', keyFile, '-out', file],
  ]);
  return { file, key: await readFile(keyFile, 'utf8'), cert: await readFile(file, 'utf8') };
}
