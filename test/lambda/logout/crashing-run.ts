import { EventEmitter } from 'node:events';
import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import { run } from '../../../lambda/logout/run.ts';
import { inProcessStore } from '../in-process-store.ts';

/** A process for one test: a run that ends badly. As in Lambda's runtime, a listener ends the process after a moment. */
const [, , way] = process.argv;
const crash = () => setTimeout(() => process.exit(), 100);
process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);

const blink = blinkOverHttps({
  userAgent: 'Blink',
  timing: realTiming,
  exchange: () => {
    if (way === 'late-error') setTimeout(() => new EventEmitter().emit('error', new Error('canary')), 10);
    if (way === 'unhandled-rejection') void Promise.reject(new Error('canary'));
    return new Promise(() => {});
  },
});

const endsAtMs = performance.now() + (way === 'never' ? 18_300 : 60_000);
await run(
  {
    store: inProcessStore('default', '{"refresh_token":"r"}'),
    blink,
    callers: 'iam',
    metricsNamespace: 'blink-logout',
    sessionMetrics: true,
    // A run of 18 s, which is the least that may spend, in a third of a second.
    timing: { ...realTiming, wait: (ms, signal) => realTiming.wait(ms / 60, signal) },
    log: (line) => process.stdout.write(`${line}\n`),
  },
  { session: 'default' },
  { requestId: 'r', coldStart: true, runEnds: { remainingMs: () => endsAtMs - performance.now() } },
).catch(crash);
