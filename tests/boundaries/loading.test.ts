import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './graph';

/** Runs a program in a fresh Node on the built packages; answers what it printed. */
const run = (program: string): unknown =>
  JSON.parse(execFileSync(process.execPath, ['-e', program], { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env.PATH } }));
const dist = (...path: string[]) => JSON.stringify(join(ROOT, ...path, 'dist', 'index.js'));

test('loading the gateway loads no module of mongoose, mongodb or amqplib', () => {
  const loaded = run(
    `require(${dist('gateway')}); console.log(JSON.stringify(Object.keys(require.cache).filter((path) => /node_modules.(?:mongoose|mongodb|bson|amqplib)./.test(path))))`,
  );
  expect(loaded).toEqual([]);
});

test('loading a package has no side effect: no option of mongoose, no patch of its driver, no process, no timer, no handle', () => {
  const found = run(`
    const child = require('node:child_process');
    const started = [];
    for (const name of ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']) child[name] = (...args) => { started.push(args[0]); throw new Error('no process'); };
    const mongoose = require('mongoose');
    const { Connection } = require(require.resolve('mongodb/lib/cmap/connection', { paths: [require.resolve('mongoose')] }));
    const before = [JSON.stringify(mongoose.options), Connection.prototype.writeCommand];
    const handles = process.getActiveResourcesInfo().length;
    for (const path of [${['core', 'http', 'bus', 'mongo', 'service', 'testing'].map((name) => dist('shared', name)).join(', ')}]) require(path);
    console.log(JSON.stringify({
      started,
      options: JSON.stringify(mongoose.options) === before[0],
      driver: Connection.prototype.writeCommand === before[1],
      handles: process.getActiveResourcesInfo().length - handles,
    }));
  `);
  expect(found).toEqual({ started: [], options: true, driver: true, handles: 0 });
});
