import { EventEmitter } from 'node:events';
import { runOnce } from './run-under-test.ts';

/** A process for one test: a run that ends badly. As in Lambda's runtime, a listener ends the process after a moment. */
const [, , way] = process.argv;
const crash = () => setTimeout(() => process.exit(), 100);
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

const { line } = await runOnce(
  {},
  {
    exchange() {
      if (way === 'late-error') setTimeout(() => new EventEmitter().emit('error', new Error('canary')), 10);
      if (way === 'unhandled-rejection') void Promise.reject(new Error('canary'));
      return new Promise(() => {});
    },
  },
);
process.stdout.write(line);
