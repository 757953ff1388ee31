// The function's process for one sample: loads the handler, calls it, and reports how long that took.
// An ES module that imports the handler, as Lambda's runtime does (aws-lambda-ric 4.0.2).
import { statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const begun = performance.now();
const require = createRequire(import.meta.url);

const context = { awsRequestId: 'benchmark', getRemainingTimeInMillis: () => 60_000 };
const loadedBefore = new Set(Object.keys(require.cache));

// To idle, the clock is moved: the function closes connections by the wall clock.
const now = Date.now;
let idledMs = 0;
Date.now = () => now() + idledMs;

const cpuMs = ({ user, system }) => (user + system) / 1000;

async function timed(handler, event) {
  const calledAt = performance.now();
  const reply = await handler(event, context);
  const ms = performance.now() - calledAt;
  const { outcome } = reply.body === undefined ? reply : JSON.parse(reply.body);
  if (outcome !== 'logged_out') throw new Error(`not logged out: ${JSON.stringify(reply)}`);
  return ms;
}

async function profiled(calls) {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 250 });
  await session.post('Profiler.start');
  await calls();
  return (await session.post('Profiler.stop')).profile;
}

async function measure({ file, shareFile, pauseMs, first, afterIdling, warm, profile }) {
  const cpuBefore = process.cpuUsage();
  const loading = performance.now();
  const { handler } = await import(pathToFileURL(file));
  if (shareFile) writeFileSync(shareFile.file, shareFile.text);
  else process.send('initialised');
  const initMs = performance.now() - loading;
  if (pauseMs > 0) await wait(pauseMs);

  const firstMs = await timed(handler, first);
  const coldCpuMs = cpuMs(process.cpuUsage(cpuBefore));
  const rssBytes = process.memoryUsage.rss();
  const loadedBytes = Object.keys(require.cache)
    .filter((each) => !loadedBefore.has(each))
    .reduce((bytes, each) => bytes + statSync(each).size, 0);

  const idleMs = [];
  for (const event of afterIdling) {
    await wait(100);
    idledMs += 3_500;
    idleMs.push(await timed(handler, event));
  }

  const warmMs = [];
  const warmBefore = process.cpuUsage();
  const callWarm = async () => {
    for (const event of warm) warmMs.push(await timed(handler, event));
  };
  const warmProfile = profile ? await profiled(callWarm) : await callWarm();
  const warmCpuMs = warm.length === 0 ? 0 : cpuMs(process.cpuUsage(warmBefore)) / warm.length;

  const sample = {
    nodeMs: begun,
    startedAtMs: performance.timeOrigin + loading,
    ...{ initMs, firstMs, coldCpuMs, rssBytes, loadedBytes, idleMs, warmMs, warmCpuMs },
    peakBytes: process.resourceUsage().maxRSS * 1024,
    ...(warmProfile && { warmProfile }),
  };
  process.send(sample, () => process.exit());
}

process.once('message', measure);
