import { main } from './session/main.ts';
import { isRunByNpm } from './session/run-by-npm.ts';

// Common in developers' shells. It would switch the verification of certificates off for the SDK's sources of credentials.
delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
// npm runs scripts in the project's folder. Paths are meant in the folder in which npm was called.
if (isRunByNpm('node bin/session.ts', process.env) && process.env['INIT_CWD'])
  process.chdir(process.env['INIT_CWD']);
// A reader that has closed its pipe (`| head -1`) does not end the work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await main(process.argv.slice(2), process);
