import { main } from './session/main.ts';

// Common in developers' shells. It would switch the verification of certificates off for the SDK's sources of credentials.
delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
process.exitCode = await main(process.argv.slice(2), process);
