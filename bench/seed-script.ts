import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { StandIns } from './stand-ins.ts';

/**
 * BlinkMonitorProtocol's example of a logout, as somebody would run it by hand with the tokens in a file of their own:
 * two calls by curl. It keeps no secret and saves no new refresh token.
 */
const SCRIPT = `
set -e
tokens=$(curl -sS --cacert "$CA" --connect-to "::$BLINK" https://api.oauth.blink.com/oauth/token \
  -H 'User-Agent: Blink' -d grant_type=refresh_token -d "refresh_token=$REFRESH_TOKEN" -d client_id=ios -d scope=client)
access_token=$(printf %s "$tokens" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
curl -sS --cacert "$CA" --connect-to "::$BLINK" -X POST -H 'Content-Type: application/json' \
  -H "Authorization: Bearer $access_token" \
  "https://rest-e008.immedia-semi.com/api/v4/account/$ACCOUNT_ID/client/$CLIENT_ID/logout"
`;

export function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds from start to end. */
export async function runSeedScript(standIns: StandIns, certificateFile: string): Promise<number> {
  const { token, clientId, accountId } = await standIns.refreshToken();
  const startedAt = performance.now();
  const { stdout } = await promisify(execFile)('sh', ['-c', SCRIPT], {
    env: {
      PATH: process.env['PATH'],
      CA: certificateFile,
      BLINK: new URL(standIns.blinkUrl).host,
      REFRESH_TOKEN: token,
      ACCOUNT_ID: String(accountId),
      CLIENT_ID: String(clientId),
    },
  });
  if (!stdout.includes('"logout"')) throw new Error(`the example did not log out: ${stdout}`);
  return performance.now() - startedAt;
}
