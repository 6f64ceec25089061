import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { freePorts } from '@linsta/core';
import { createTemporaryDirectory, waitFor } from '@linsta/testing';

const samples = join(__dirname, '..', '..', '..', 'deploy', 'proxy');
const APACHE_MODULES = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'proxy_wstunnel', 'ssl', 'socache_shmcb'];

interface Place {
  directory: string;
  port: number;
}
interface ProxyProgram {
  name: string;
  program: string;
  debianPackage: string;
  sample: string;
  /** What a system around the sample provides. */
  complete(config: string, place: Place): string;
  start(file: string, place: Place): [program: string, ...args: string[]];
}

export const PROXIES: readonly ProxyProgram[] = [
  {
    name: 'nginx',
    program: 'nginx',
    debianPackage: 'nginx-light',
    sample: 'nginx.conf',
    complete: (config, { directory, port }) =>
      config
        .replace('listen 443', `listen ${port}`)
        .replace(
          'http {',
          `http {\n${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`).join('\n')}\naccess_log off;`,
        ),
    start: (file, { directory }) => ['nginx', '-c', file, '-e', 'stderr', '-g', `daemon off; pid ${directory}/pid; user root;`],
  },
  {
    name: 'Caddy',
    program: 'caddy',
    debianPackage: 'caddy',
    sample: 'Caddyfile',
    complete: (config, { port }) =>
      `{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\tservers {\n\t\tprotocols h1 h2\n\t}\n}\n${config.replace('\nchat.example.com {', `\nhttps://localhost:${port} {`)}`,
    start: (file) => ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'],
  },
  {
    name: 'HAProxy',
    program: 'haproxy',
    debianPackage: 'haproxy',
    sample: 'haproxy.cfg',
    complete: (config, { port }) => config.replace('bind :443', `bind :${port}`),
    start: (file) => ['haproxy', '-db', '-f', file],
  },
  {
    name: 'Apache',
    program: 'apache2',
    debianPackage: 'apache2',
    sample: 'apache.conf',
    complete: (config, { directory, port }) =>
      [
        ...APACHE_MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
        `ServerName localhost\nPidFile ${directory}/pid\nErrorLog ${directory}/error.log\nDefaultRuntimeDir ${directory}`,
        ...(process.getuid?.() === 0 ? ['User www-data\nGroup www-data'] : []),
        config.replaceAll('443', String(port)),
      ].join('\n'),
    start: (file) => ['apache2', '-X', '-f', file],
  },
];

/** Why a proxy cannot be tested here; undefined where it can. */
export const missingOf = ({ program, name, debianPackage }: ProxyProgram): string | undefined =>
  ['/usr/sbin', '/usr/bin', '/usr/local/bin'].some((folder) => existsSync(join(folder, program)))
    ? undefined
    : `${name} is not installed (Debian: apt-get install ${debianPackage})`;

function createCertificate(directory: string): void {
  const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  ];
  const { status, stderr } = spawnSync('openssl', [...args, '-keyout', key, '-out', certificate], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  writeFileSync(join(directory, 'both.pem'), readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
}

/** A proxy with its sample before a gateway: only names, ports and paths are put in. */
export async function startProxy(proxy: ProxyProgram, gatewayUrl: string) {
  const temporary = createTemporaryDirectory();
  const directory = temporary.path;
  mkdirSync(join(directory, 'home'));
  createCertificate(directory);
  const [port = 0] = await freePorts(1);
  const place = { directory, port };
  const sample = readFileSync(join(samples, proxy.sample), 'utf8');
  const config = proxy
    .complete(sample, place)
    .replaceAll('127.0.0.1:5000', new URL(gatewayUrl).host.replace('localhost', '127.0.0.1'))
    .replaceAll('/etc/ssl/private/chat.example.com.both.pem', join(directory, 'both.pem'))
    .replaceAll('/etc/ssl/certs/chat.example.com.pem', join(directory, 'certificate.pem'))
    .replaceAll('/etc/ssl/private/chat.example.com.key', join(directory, 'key.pem'));
  const file = join(directory, proxy.sample);
  writeFileSync(file, `${config}\n`);
  const [program, ...args] = proxy.start(file, place);
  const child = spawn(program, args, {
    env: { PATH: `${process.env.PATH}:/usr/sbin`, HOME: join(directory, 'home'), XDG_DATA_HOME: join(directory, 'home') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const origin = `https://localhost:${port}`;
  const isUp = () =>
    new Promise<boolean>((resolve) => {
      get(`${origin}/linsta/livez`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      }).on('error', () => resolve(false));
    });
  await waitFor(isUp, `${proxy.name} answering`, 15_000).catch(() => {
    // Its workers end with it, which they do not after a SIGKILL.
    child.kill('SIGTERM');
    throw new Error(`${proxy.name} did not answer: ${complaints}`);
  });
  return {
    origin,
    port,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      temporary.remove();
    },
  };
}
export type RunningProxy = Awaited<ReturnType<typeof startProxy>>;
