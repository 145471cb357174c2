/**
 * The configuration while it is put together: the file's settings, the environment's laid over them, the flags' over
 * those. Remembers where each came from, and makes written paths absolute.
 */
import { resolve } from 'node:path';
import { allSettings, type Setting } from './all-settings.ts';
import { closestName } from './closest-name.ts';
import type { ConfigurationProblem } from './errors.ts';

type Section = { [name: string]: unknown };

export const DEFAULT_ORIGIN = 'default';

/** Variables that begin as the settings' do and are for others: the command line's own, and the tests'. */
const OTHER_VARIABLES = /^CARAVAN_(CONFIG|PASSWORD|SHARED|TEST_.*)$/;

export class ConfigurationDraft {
  readonly problems: ConfigurationProblem[] = [];
  readonly settings: readonly Setting[] = allSettings();
  #value: Section = {};
  #fileOrigin: string | undefined;
  /** By key, of what did not come from the file. */
  readonly #origins = new Map<string, string>();

  get value(): Section {
    return this.#value;
  }

  /** `flag --listen-port`, say. For a key within a list, or of a whole section, the nearest one's. */
  originOf(key: string): string {
    for (let name = key; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
      const origin = this.#origins.get(name);
      if (origin !== undefined) return origin;
    }
    return this.#fileOrigin ?? DEFAULT_ORIGIN;
  }

  /** The setting of a key. What stands in a list of sections is told of as the setting that it overrides, or as the list. */
  settingOf(key: string): Setting | undefined {
    const general = generalKey(key);
    const list = /^(.*?)\.\d+(\.|$)/.exec(key)?.[1];
    return (
      this.settings.find((setting) => setting.key === general) ?? this.settings.find((setting) => setting.key === list)
    );
  }

  /** The names that may stand in a section. */
  namesIn(section: string): Set<string> {
    const list = /^(.*)\.\d+$/.exec(section)?.[1];
    const names = this.settings.find(({ key }) => key === list)?.names;
    if (names) return new Set(names);
    const prefix = section === '' ? '' : `${generalKey(section)}.`;
    const keys = this.settings.map(({ key }) => key).filter((key) => key.startsWith(prefix));
    return new Set(keys.map((key) => key.slice(prefix.length).split('.')[0] ?? ''));
  }

  addFile(content: unknown, origin: string, directory: string): void {
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      this.problems.push({ key: 'The whole content', origin, value: undefined, expected: 'a JSON object' });
      return;
    }
    this.#value = structuredClone(content) as Section;
    this.#fileOrigin = origin;
    for (const { kind, key } of this.settings) {
      const written = this.get(key);
      if (kind === 'path' && typeof written === 'string' && written !== '') this.#set(key, resolve(directory, written));
    }
  }

  addEnvironment(variables: Readonly<Record<string, string | undefined>>, directory: string): void {
    const added: [Setting, string, string][] = [];
    for (const [name, text] of Object.entries(variables)) {
      if (text === undefined || !name.startsWith('CARAVAN_') || OTHER_VARIABLES.test(name)) continue;
      const setting = this.settings.find(({ variable }) => variable === name);
      if (setting) added.push([setting, text, `environment variable ${name}`]);
      else
        this.#addUnknown(
          name,
          'environment',
          this.settings.filter(isPlain).map(({ variable }) => variable),
        );
    }
    this.#addTexts(added, directory);
  }

  /** Flags by name: `listen-port`, `listenPort` and `listen.port` are one. */
  addFlags(flags: Readonly<Record<string, string | undefined>>, directory: string): void {
    const added: [Setting, string, string][] = [];
    for (const [name, text] of Object.entries(flags)) {
      if (text === undefined) continue;
      const setting = this.settings.find(({ flag }) => fold(flag) === fold(name));
      if (!setting) {
        const known = this.settings.filter((it) => isPlain(it) && !it.isSecret).map(({ flag }) => `--${flag}`);
        this.#addUnknown(name.startsWith('--') ? name : `--${name}`, 'flag', known);
      } else if (setting.isSecret) {
        const expected = `no secret on the command line, where others see it: use ${setting.variable} or --${setting.flag}-file`;
        this.problems.push({ key: setting.key, origin: `flag --${setting.flag}`, value: undefined, expected });
      } else added.push([setting, text, `flag --${setting.flag}`]);
    }
    this.#addTexts(added, directory);
  }

  /** What stands at a key; a key with points within its names is given by its names. */
  get(key: string | readonly string[]): unknown {
    let value: unknown = this.#value;
    for (const name of typeof key === 'string' ? key.split('.') : key) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Section)[name];
    }
    return value;
  }

  #addTexts(added: readonly [Setting, string, string][], directory: string): void {
    // The kind of mail system first: what a lower source said of another kind does not count any more.
    const ordered = added.toSorted(([a], [b]) => Number(b.key === 'mail.kind') - Number(a.key === 'mail.kind'));
    for (const [setting, text, origin] of ordered) {
      if (setting.kind === 'sections') {
        this.problems.push({
          key: setting.key,
          origin,
          value: undefined,
          expected: 'to stand in the configuration file',
        });
        continue;
      }
      if (setting.key === 'mail.kind') this.#dropOtherMail(text);
      this.#set(setting.key, valueOf(setting, text, directory));
      this.#origins.set(setting.key, origin);
    }
  }

  #dropOtherMail(kind: string): void {
    const before = this.get('mail.kind');
    if (before === undefined || before === kind) return;
    const common = new Set(
      this.settings
        .filter(({ key, mailKind }) => key.startsWith('mail.') && mailKind === undefined)
        .map(({ key }) => key),
    );
    const mail = this.get('mail') as Section;
    for (const name of Object.keys(mail)) if (!common.has(`mail.${name}`)) delete mail[name];
  }

  /** A section in the way of a setting (`listen.tls`) gives way to it, and a setting to a section. */
  #set(key: string, value: unknown): void {
    const names = key.split('.');
    const last = names.pop() ?? '';
    let section = this.#value;
    for (const name of names) {
      const inner = section[name];
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) section[name] = {};
      section = section[name] as Section;
    }
    section[last] = value;
  }

  #addUnknown(name: string, origin: string, known: readonly string[]): void {
    this.problems.push({
      key: name,
      origin,
      value: undefined,
      expected: expectedOf('a setting that exists', closestName(name, known)),
    });
  }
}

/** `a setting that exists - did you mean 'port'?` */
export function expectedOf(expected: string, suggestion: string | undefined): string {
  return suggestion === undefined ? expected : `${expected} - did you mean '${suggestion}'?`;
}

const isPlain = ({ kind }: Setting): boolean => kind !== 'sections';
const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
const generalKey = (key: string): string =>
  key
    .replace(/^policy\.overrides\.\d+\.(?=requirement$|settings(\.|$))/, 'policy.')
    .replace(/^(policy\.overrides|devices\.rules)\.\d+\.access$/, 'devices.access');

/** Text as what the setting wants; text that cannot be that stays text, and is found wrong with all the rest. */
function valueOf({ kind }: Setting, text: string, directory: string): unknown {
  if (kind === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (kind === 'list') return text === '' ? [] : text.split(',').map((element) => element.trim());
  if (kind === 'path') return text === '' ? text : resolve(directory, text);
  return text;
}
