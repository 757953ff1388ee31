import { connect } from 'node:net';
import { TOKEN_URL } from '../blink/token-request.ts';

/**
 * A TCP connection to Blink's OAuth host, which nearly every run needs. handler.ts imports this module before all others,
 * so that the connection opens while Node loads the rest of the bundle. Nothing is sent on it before TLS, which begins
 * after the environment is checked. For plain HTTP, which only stand-ins use, no connection is opened.
 */
const { protocol, hostname, port } = URL.parse(process.env['BLINK_ENDPOINT'] ?? '') ?? TOKEN_URL;

export const earlySocket =
  protocol === 'https:' ? connect({ host: hostname, port: Number(port || 443), noDelay: true }) : undefined;
earlySocket?.on('error', () => undefined);
