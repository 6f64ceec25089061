import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '@linsta/testing';
import { parse } from 'yaml';
import { startProduct } from '../support/product';

const ROOT = join(__dirname, '..', '..');
const OBSERVABILITY = join(ROOT, 'deploy', 'observability');
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const noPromtool = spawnSync('promtool', ['--version']).status === 0 ? undefined : 'promtool is not installed (Debian: prometheus)';

interface Rule {
  alert: string;
  expr: string;
  annotations: { runbook: string };
}
const rules: Rule[] = parse(read(OBSERVABILITY, 'alerts.yml')).groups.flatMap(({ rules: found }: { rules: Rule[] }) => found);
const metricsIn = (expr: string): string[] => expr.match(/\b(?:linsta|process|nodejs)_[a-z0-9_]+/g) ?? [];

describeWith(noPromtool, 'the alerts', () => {
  test('each fires on its fault and on no other fault, and none in calm operation', () => {
    const output = execFileSync('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: OBSERVABILITY, encoding: 'utf8' });
    expect(output).toContain('SUCCESS');
  });
});

test('every alert is tested on its fault, and has a paragraph for the person who is called', () => {
  const { tests } = parse(read(OBSERVABILITY, 'alerts.test.yml'));
  const operations = read(ROOT, 'docs', 'operations.md');
  for (const { alert, annotations } of rules) {
    expect(tests.map(({ name }: { name: string }) => name)).toContain(alert);
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(operations).toContain(`### ${alert}\n`);
  }
});

test('the product has every metric that an alert or the dashboard reads', async () => {
  const dashboard: { panels: { targets: { expr: string }[] }[] } = JSON.parse(read(OBSERVABILITY, 'grafana', 'linsta.json'));
  const exprs = [...rules.map(({ expr }) => expr), ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
  // What only a broker knows.
  const atBroker = ['linsta_bus_waiting', 'linsta_bus_retrying'];
  const product = await startProduct();
  try {
    await product.register('Ann');
    const services = ['gateway', 'users', 'posts', 'events', 'chat', 'notification', 'realtime'];
    const texts = await Promise.all(services.map(async (service) => (await fetch(`${product.internalUrl(service)}/metrics`)).text()));
    const known = new Set(
      texts
        .join('\n')
        .match(/^# TYPE (\S+)/gm)
        ?.map((line) => line.slice('# TYPE '.length)),
    );
    for (const metric of new Set(exprs.flatMap(metricsIn))) {
      if (atBroker.includes(metric)) continue;
      expect([metric, known.has(metric.replace(/_(?:count|bucket)$/, ''))]).toEqual([metric, true]);
    }
  } finally {
    await product.stop();
  }
});
