import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../bin/session/program.ts';
import { CLAIM_LIFE_SECONDS } from '../../lambda/core/claim-life.ts';
import { Failure } from '../../lambda/core/failure.ts';
import { FAILURES } from '../../lambda/core/failure-codes.ts';
import { thrown } from '../../lambda/logout/reply.ts';
import { RunReport } from '../../lambda/logout/report.ts';
import { runEventLine } from '../../lambda/logout/run-event.ts';
import { synthesize } from '../lib/synthesize.ts';
import { awsCall, optionsOf, words } from './aws-cli.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/runbook.md');

const [, ...sections] = PAGE.split(/^## /m).map((text) => {
  const [heading = '', ...body] = text.split('\n');
  return { heading, body: body.join('\n'), blocks: shellBlocks(text) };
});
const [setUp, ...entries] = sections;
const blocks = shellBlocks(PAGE);
const commands = [...new Set(blocks.flatMap((block) => block.trim().split('\n')))];

function shellBlocks(text: string): readonly string[] {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
}

function namesIn(heading: string): readonly string[] {
  return [...heading.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

const template = synthesize({ schedule: 'cron(0 3 * * ? *)', sessions: 'all' });

function alarms(): readonly string[] {
  const found = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  return found.map(({ Properties }) => String(Properties.AlarmName).replace(/^blink-logout-/, ''));
}

describe('the runbook', () => {
  test('has one section for every failure and every alarm, and no other', () => {
    const named = entries.flatMap(({ heading }) => namesIn(heading));
    expect(named.toSorted()).toEqual([...Object.keys(FAILURES), ...alarms()].toSorted());
  });

  test('and the API’s description state the life of a claim', () => {
    const busy = entries.find(({ heading }) => heading.includes('session_busy'));
    expect(busy?.body).toContain(`a claim lasts ${CLAIM_LIFE_SECONDS} seconds at most`);
    expect(read('docs/openapi.yaml')).toContain(`${CLAIM_LIFE_SECONDS} at most, or ${CLAIM_LIFE_SECONDS} if`);
  });

  test('begins with the most urgent sections', () => {
    expect(entries.slice(0, 2).map(({ heading }) => namesIn(heading)[0])).toEqual([
      'save_failed',
      'reauthentication_required',
    ]);
  });

  test.each(entries)(
    'states for $heading the meaning, what was spent, what to do and how to verify',
    ({ body }) => {
      expect([...body.matchAll(/^\*\*([A-Z].*?)\.\*\*/gm)].map(([, label]) => label)).toEqual([
        'Means',
        'Spent',
        'Do',
        'Verify',
      ]);
    },
  );

  test('counts a failed run once, although Lambda’s runtime logs a thrown failure a second time at ERROR', () => {
    const error = thrown(new Failure('session_busy', 'another run holds this session'));
    // As aws-lambda-ric 3.3.0 writes it with JSON logging (LogPatch.js): an error is its class, message, stack and own fields.
    const runtimeLine: Readonly<Record<string, unknown>> = {
      timestamp: '2026-01-01T00:00:00.000Z',
      level: 'ERROR',
      requestId: 'r-1',
      message: { errorType: 'Error', errorMessage: error.message, stackTrace: [], ...error },
    };
    const report = new RunReport(() => 0);
    report.note({ trigger: 'schedule', session: 'default' });
    report.failed(new Failure('session_busy', 'another run holds this session'));
    const { fields, metrics } = report;
    const event: Readonly<Record<string, unknown>> = JSON.parse(
      runEventLine({
        requestId: 'r-1',
        coldStart: false,
        timestampMs: 0,
        fields,
        metrics,
        metricsNamespace: 'blink-logout',
        sessionMetrics: true,
      }),
    );
    const patterns = [
      ...PAGE.matchAll(/--log-group-name "\$LOG_GROUP".*--filter-pattern ['"]\{ (.*?) \}['"]/g),
    ];
    const ofRuns = patterns
      .map(([, pattern = '']) => pattern)
      .filter((pattern) => !pattern.includes('platform.'));
    expect(ofRuns.length).toBeGreaterThan(3);
    for (const pattern of ofRuns) {
      expect(pattern).not.toContain('||');
      const names = [...pattern.matchAll(/\$\.(\w+)/g)].map(([, name = '']) => name);
      expect(names.every((name) => name in runtimeLine)).toBe(false);
      if (!names.includes('FailedForGood')) expect(names.filter((name) => !(name in event))).toEqual([]);
    }
  });

  test('links only to sections that exist', () => {
    const anchors = sections.map(({ heading }) =>
      heading.toLowerCase().replace(/[`,]/g, '').replace(/ /g, '-'),
    );
    const links = [...PAGE.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });

  test('quotes texts of the commands', () => {
    const said = read('bin/session/session-report.ts') + read('bin/session/commands/logout.ts');
    const quoted = [...PAGE.replaceAll(/^```sh\n.*?^```$/gms, '').matchAll(/"([^"]+)"/g)];
    expect(quoted.length).toBeGreaterThan(0);
    for (const [, phrase = ''] of quoted) {
      for (const part of phrase.split('…')) expect(said).toContain(part);
    }
  });
});

describe('a command of the runbook', () => {
  test.each(blocks.map((block) => [block]))('is valid shell: %s', (block) => {
    execFileSync('bash', ['-n'], { input: block });
  });

  test.each(sections)('has its variables set, in $heading', ({ blocks: own }) => {
    const assigned = [...(setUp?.blocks ?? []), ...own].flatMap((block) => [
      ...block.matchAll(/(?:^|^export .*?)([A-Z_]+)=/gm),
    ]);
    const known = assigned.map(([, name]) => name);
    for (const [, name] of own.join('').matchAll(/(?<!\\)\$([A-Z_]+)/g)) expect(known).toContain(name);
  });

  test.each(commands.filter((line) => line.startsWith('npm ')))(
    'is accepted by the command line: %s',
    (line) => {
      const [npm, run, script, dashes, ...argv] = words(line);
      expect([npm, run, script, dashes]).toEqual(['npm', 'run', 'session', '--']);
      parseCommandLine(argv, { out: () => {} });
    },
  );

  test.each(commands.filter((line) => line.includes('aws ')))(
    'uses operations and options of the AWS CLI: %s',
    (line) => {
      const { operation, options } = awsCall(line);
      expect(optionsOf(operation)).toEqual(expect.arrayContaining([...options]));
    },
  );

  test('is covered by these tests', () => {
    const seen = /^npm run session -- |(^|^[A-Z_]+=\$\(|\| )aws [a-z0-9-]+ [a-z-]+ |^(export )?[A-Z_]+=/;
    expect(commands.filter((line) => !seen.test(line))).toEqual([]);
  });

  test('refers to outputs, resources and log groups of the stack', () => {
    const outputs = [...PAGE.matchAll(/OutputKey=='(\w+)'/g)].map(([, key = '']) => key);
    expect(Object.keys(template.findOutputs('*'))).toEqual(expect.arrayContaining(outputs));
    for (const [, type = ''] of PAGE.matchAll(/ResourceType=='([\w:]+)'/g)) template.resourceCountIs(type, 1);
    for (const [, name] of PAGE.matchAll(/ (\/aws\/\S+)/g)) {
      template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: name });
    }
  });
});
