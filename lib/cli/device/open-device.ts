/** What every `caravan device` subcommand needs: the options, the device, and its state kept between runs. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { DeviceClient, type DeviceState, newDeviceState } from '../../activesync/client/index.ts';
import { isProtocolVersion, PROTOCOL_VERSIONS } from '../../activesync/protocol/index.ts';
import { reasonOf } from '../../platform/index.ts';
import { CliError } from '../errors.ts';
import { openTerminal, type Terminal } from '../terminal.ts';

export interface DeviceOptions {
  readonly url: string;
  readonly user: string;
  readonly password?: string;
  readonly deviceId: string;
  readonly protocol?: string;
  readonly insecure?: boolean;
  readonly state?: string;
  readonly forget?: boolean;
  readonly json?: boolean;
}

export interface OpenDevice {
  readonly client: DeviceClient;
  readonly terminal: Terminal;
  /** Writes down what the device has, so that the next run goes on from there. */
  save(): Promise<void>;
}

/** A subcommand with the options that all of them have. */
export function deviceSubcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--url <url>', 'the server: https://sync.example.org')
    .requiredOption('--user <name>', 'user, user@domain or DOMAIN\\user')
    .addOption(new Option('--password <password>', "the user's password").env('CARAVAN_PASSWORD'))
    .option('--device-id <id>', 'what the device calls itself', 'caravancli')
    .option('--protocol <version>', 'ActiveSync version (default: the highest the server has)')
    .option('--insecure', 'take any certificate')
    .option('--state <file>', 'where the device keeps what it has (default: one file a server and user)')
    .option('--forget', 'begin anew, as a device just set up')
    .option('--json', 'one JSON document a line');
}

/** Runs `action` with the device, and keeps its state whatever happens. */
export function withDevice<Options extends DeviceOptions>(
  action: (device: OpenDevice, options: Options) => Promise<void>,
): (options: Options) => Promise<void> {
  return async (options) => {
    const device = await openDevice(options);
    try {
      await action(device, options).catch(async (thrown: unknown) => {
        // What failed first is told, and not that its state could not be kept either.
        await device.save().catch(() => undefined);
        throw thrown;
      });
      await device.save();
    } finally {
      device.client.close();
    }
  };
}

async function openDevice(options: DeviceOptions): Promise<OpenDevice> {
  const { url, user, password, deviceId, protocol } = options;
  if (password === undefined) {
    throw new CliError('missing-password', 'No password was given', 'Give --password, or set CARAVAN_PASSWORD.');
  }
  if (protocol !== undefined && !isProtocolVersion(protocol)) {
    throw new CliError('bad-option', `--protocol ${protocol} is unknown`, `There are ${PROTOCOL_VERSIONS.join(', ')}.`);
  }
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    throw new CliError('bad-option', `--url ${url} is no URL`, 'Give https://host or http://host:port.');
  const file = options.state ?? defaultStateFile(options);
  const state = options.forget === true ? newDeviceState() : await readState(file);
  const version = protocol === undefined ? {} : { version: protocol };
  const insecureTls = options.insecure === true;
  const client = new DeviceClient({ url, user, password, deviceId, insecureTls, ...version }, state);
  return {
    client,
    terminal: openTerminal(options.json === true, process.stdout, process.stderr),
    save: () => writeState(file, client.state),
  };
}

function defaultStateFile({ url, user, deviceId }: DeviceOptions): string {
  const name = createHash('sha256').update(`${url} ${user} ${deviceId}`).digest('hex').slice(0, 16);
  const home = process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return join(home, 'caravan', 'devices', `${name}.json`);
}

async function readState(file: string): Promise<DeviceState> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return newDeviceState();
    throw cannotKeep(file, cause);
  }
  try {
    return { ...newDeviceState(), ...(JSON.parse(text) as DeviceState) };
  } catch (cause) {
    throw new CliError('bad-state', `${file} is not a device's state`, 'Use --forget to begin anew.', cause);
  }
}

/** Readable by nobody else, since it holds mail; replaced in one step. */
async function writeState(file: string, state: DeviceState): Promise<void> {
  const draft = `${file}.${process.pid}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(draft, JSON.stringify(state), { mode: 0o600 });
    await rename(draft, file);
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw cannotKeep(file, cause);
  }
}

const cannotKeep = (file: string, cause: unknown): CliError =>
  new CliError(
    'cannot-keep-state',
    `What the device has cannot be kept in ${file}: ${reasonOf(cause)}`,
    'Choose a file that you may read and write with --state.',
    cause,
  );
