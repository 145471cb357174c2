/** What `caravan up` tells: where everything is, what to try, and what happens to servers. */
import { networkInterfaces } from 'node:os';
import type { LocalPool, ServerEvent } from '../../pool/local/index.ts';
import type { LocalMail } from './local-mail.ts';

export interface WelcomeParts {
  readonly pool: LocalPool;
  readonly url: string;
  readonly directory: string;
  /** As it was written. */
  readonly given: string;
  /** Undefined where the mail system is a real one. */
  readonly mail: LocalMail | undefined;
  readonly isOnlyHere: boolean;
}

const DEFAULT_DIRECTORY = '.caravan';

export function welcome({ pool, url, directory, given, mail, isOnlyHere }: WelcomeParts): string {
  const servers = pool.servers();
  const at = given === DEFAULT_DIRECTORY ? '' : ` --directory ${given}`;
  const [first, second] = mail?.users ?? [];
  const device = (verb: string, user: { readonly address: string; readonly password: string } | undefined) =>
    `npx caravan device ${verb} --url ${url} --user ${user?.address ?? 'NAME'}${user ? ` --password ${user.password}` : ''}`;
  return [
    `Caravan is up: a pool of ${servers.length} ${servers.length === 1 ? 'server' : 'servers'}${mail ? ' on an embedded mail system' : ''}.`,
    '',
    `  Give this to a phone    ${url}   (Exchange ActiveSync)`,
    ...(mail?.users ?? []).map((it) => `  User                    ${it.address}   password ${it.password}`),
    ...servers.map((it) => `  ${it.name.padEnd(22)}  process ${it.pid}, ${it.address} in the pool`),
    `  Administration          ${servers[0]?.administration}   (token in ${pool.tokenFile})`,
    ...(mail ? [`  Takes mail by SMTP at   localhost:${mail.smtpPort}`] : []),
    `  Keeps everything in     ${directory}${mail === undefined || mail.isNew ? '' : '   (found there from before)'}`,
    ...(isOnlyHere ? ['  Only this machine can reach it: `npm start -- --host 0.0.0.0` lets phones in.'] : []),
    '',
    'Try, in a second terminal:',
    `  ${device('watch', second)}`,
    'and in a third: see who serves that user, kill that server, and wake the one that watches:',
    `  npx caravan pool user ${second?.address ?? 'NAME'}${at}`,
    '  kill -9 PROCESS',
    `  ${device('send', first)} --to ${second?.address ?? 'ADDRESS'} --subject Hello --text 'Are you awake?'`,
    `  npx caravan pool top${at}`,
    '',
    'Ctrl-C stops it; everything is kept.',
  ].join('\n');
}

/** An address that a phone can use: this machine's own in its network where it listens on all. */
export function reachableUrl(url: string, host: string): string {
  if (host !== '0.0.0.0') return url;
  const own = Object.values(networkInterfaces())
    .flat()
    .find((it) => it?.family === 'IPv4' && !it.internal);
  return own ? url.replace('localhost', own.address) : url;
}

export function told(event: ServerEvent): string {
  return event.kind === 'started'
    ? `${event.name} runs again: process ${event.pid}`
    : `${event.name} (process ${event.pid}) has ended: ${event.by}. It is started again in ${event.restartMs / 1000} s.`;
}
