/** What the whole test run needs of the machine, and how it is got on Debian and Ubuntu. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

interface Need {
  readonly package: string;
  /** The package is there if one of these files is. */
  readonly files: readonly string[];
}

const NEEDS: readonly Need[] = [
  { package: 'dovecot-imapd', files: ['/usr/lib/dovecot/imap', '/usr/libexec/dovecot/imap'] },
  {
    package: 'dovecot-managesieved',
    files: ['/usr/lib/dovecot/managesieve', '/usr/libexec/dovecot/managesieve'],
  },
  { package: 'dovecot-lmtpd', files: ['/usr/lib/dovecot/lmtp', '/usr/libexec/dovecot/lmtp'] },
  { package: 'radicale', files: ['/usr/bin/radicale'] },
  { package: 'default-jre-headless', files: ['/usr/bin/java', '/usr/local/bin/java'] },
  { package: 'maven', files: ['/usr/bin/mvn', '/usr/local/bin/mvn'] },
  { package: 'slapd', files: ['/usr/sbin/slapd'] },
  { package: 'haproxy', files: ['/usr/sbin/haproxy'] },
  { package: 'nginx', files: ['/usr/sbin/nginx'] },
  { package: 'python3-venv', files: ['/usr/share/doc/python3-venv', '/usr/share/python3-venv'] },
  { package: 'libwbxml2-utils', files: ['/usr/bin/wbxml2xml', '/usr/local/bin/wbxml2xml'] },
  { package: 'libxml2-utils', files: ['/usr/bin/xmllint', '/usr/local/bin/xmllint'] },
];

export class MissingPackagesError extends Error {}

/** Installs what is missing. Throws MissingPackagesError, with what to do, where that is not possible. */
export function installPackages(say: (line: string) => void): void {
  const missing = findMissing();
  if (missing.length === 0) {
    say(`Needed of the machine, and there: ${NEEDS.map((need) => need.package).join(', ')}`);
    return;
  }
  const names = missing.join(' ');
  if (!existsSync('/usr/bin/apt-get')) {
    throw new MissingPackagesError(
      `Missing: ${names} (Debian's names). Install them with this system's package manager.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new MissingPackagesError(
      `Missing: ${names}. Run this as root, or first: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names}`,
    );
  }
  say(`Installing with apt-get: ${names}`);
  aptGet(['update', '-q']);
  aptGet(['install', '-q', '-y', '--no-install-recommends', ...missing]);
  const still = findMissing();
  if (still.length > 0) throw new MissingPackagesError(`Installed, but not where expected: ${still.join(' ')}`);
}

const findMissing = (): string[] =>
  NEEDS.filter(({ files }) => !files.some((file) => existsSync(file))).map((need) => need.package);

function aptGet(args: readonly string[]): void {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'inherit', 'inherit'], env: environment });
  if (status !== 0) throw new MissingPackagesError(`apt-get ${args.join(' ')} failed: see its output above.`);
}
