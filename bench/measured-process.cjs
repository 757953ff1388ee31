// The function's process for one sample: loads the handler, calls it as often as it is told, and tells what that took.
// CommonJS, as Node loads nothing for it that the handler does not need.
const begun = performance.now();
const { statSync } = require('node:fs');
const { setTimeout: wait } = require('node:timers/promises');

const { file, pauseMs, events } = JSON.parse(process.argv[2]);
const context = { awsRequestId: 'benchmark', getRemainingTimeInMillis: () => 60_000 };
const bytesBefore = new Set(Object.keys(require.cache));

async function call(handler, event) {
  const reply = await handler(event, context);
  const { outcome } = reply.body === undefined ? reply : JSON.parse(reply.body);
  if (outcome !== 'logged_out') throw new Error(`not logged out: ${JSON.stringify(reply)}`);
}

async function measure() {
  const loading = performance.now();
  const { handler } = require(file);
  const initMs = performance.now() - loading;
  if (pauseMs > 0) await wait(pauseMs);

  const [first, ...others] = events;
  const calledAtMs = Date.now();
  const calling = performance.now();
  await call(handler, first);
  const answered = performance.now();
  const rssBytes = process.memoryUsage.rss();
  const loadedBytes = Object.keys(require.cache)
    .filter((each) => !bytesBefore.has(each))
    .reduce((bytes, each) => bytes + statSync(each).size, 0);

  const warmMs = [];
  const cpuBefore = process.cpuUsage();
  for (const event of others) {
    const startedAt = performance.now();
    await call(handler, event);
    warmMs.push(performance.now() - startedAt);
  }
  const { user, system } = process.cpuUsage(cpuBefore);

  process.send(
    {
      nodeMs: begun,
      initMs,
      firstMs: answered - calling,
      calledAtMs,
      rssBytes,
      loadedBytes,
      warmMs,
      warmCpuMs: others.length === 0 ? 0 : (user + system) / 1000 / others.length,
      peakBytes: process.resourceUsage().maxRSS * 1024,
    },
    () => process.exit(),
  );
}

measure();
