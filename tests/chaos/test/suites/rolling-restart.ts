import { waitFor, createRandom } from '@linsta/testing';
import { countOf, toText } from '../../src/checkers';
import { createUsers } from '../../src/users';
import type { Environment } from '../../src/environment';
import { createHistory } from '../../src/history';
import { settle } from '../../src/settle';

/** How long a process may take to end in order; part of the contract. */
const STOP_MS = 20_000;

export function rollingRestartSuite(environment: () => Environment): void {
  test('when every process is restarted in turn under load, then each ends with 0 within 20 s, and nothing is lost, doubled or out of order', async () => {
    const { stack, lines, processes, ready } = environment();
    const history = createHistory();
    const simulation = await createUsers({ urls: stack.urls, count: 8, random: createRandom(7), history, thinkMs: [50, 300] });
    simulation.start();
    for (const { name, pid } of processes()) {
      const from = lines.length;
      process.kill(pid!, 'SIGTERM');
      const ended = await waitFor(() => lines.slice(from).find((line) => line.startsWith(`${name} ended`)), `the end of ${name}`, STOP_MS);
      expect(ended).toContain(`${name} ended (code 0)`);
      history.note({ op: 'fault', what: `SIGTERM to ${name}` });
      await waitFor(() => processes().every((other) => other.pid !== undefined), 'the new process', 20_000);
      await ready();
    }
    await simulation.finish();
    const { report, outcome } = await settle(simulation, history);
    simulation.close();
    // The text first: it names the broken promises.
    expect([countOf(report), toText(report)]).toEqual([0, expect.any(String)]);
    expect(outcome.rooms.reduce((sum, { messages }) => sum + messages.length, 0)).toBeGreaterThan(100);
  }, 480_000);
}
