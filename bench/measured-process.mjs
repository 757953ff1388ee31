// The function's process for one sample: loads the handler, calls it, and reports how long that took.
// An ES module that imports the handler, as Lambda's runtime does (aws-lambda-ric 4.0.2).
import { writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const context = { awsRequestId: 'benchmark', getRemainingTimeInMillis: () => 60_000 };

// To idle, the clock is moved: the function closes connections by the wall clock.
const now = Date.now;
let idledMs = 0;
Date.now = () => now() + idledMs;

const cpuMs = (before) => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

async function timed(handler, event) {
  const calledAt = performance.now();
  const reply = await handler(event, context);
  const ms = performance.now() - calledAt;
  const { outcome } = reply.body === undefined ? reply : JSON.parse(reply.body);
  if (outcome !== 'logged_out') throw new Error(`not logged out: ${JSON.stringify(reply)}`);
  return ms;
}

async function measure({ file, limit, first, afterIdling, warm }) {
  const cpuBefore = process.cpuUsage();
  const loading = performance.now();
  const { handler } = await import(pathToFileURL(file));
  if (limit) writeFileSync(limit.file, limit.text);
  const initMs = performance.now() - loading;
  const coldMs = initMs + (await timed(handler, first));
  const coldCpuMs = cpuMs(cpuBefore);
  const residentMb = process.memoryUsage.rss() / 1e6;

  await wait(100);
  idledMs += 3_500;
  const idleMs = await timed(handler, afterIdling);

  const warmBefore = process.cpuUsage();
  const warmMs = [];
  for (const event of warm) warmMs.push(await timed(handler, event));
  const warmCpuMs = cpuMs(warmBefore) / warm.length;
  process.send({ coldMs, idleMs, warmMs, coldCpuMs, warmCpuMs, residentMb }, () => process.exit());
}

process.once('message', measure);
