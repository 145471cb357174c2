/** A vCard (RFC 2426, RFC 6350) as contacts need it: lines with their labels, single texts by whichever name programs have them. */
import { Component, newlineOf, readFile } from '../content-lines/component.ts';
import { ContentLine, type ParameterChanges } from '../content-lines/content-line.ts';
import { escapeText, splitValue, unescapeText } from '../content-lines/text-values.ts';
import { ItemError } from '../errors.ts';

export class Card {
  readonly file: Component;
  readonly component: Component;
  readonly #newline: string;

  private constructor(file: Component, component: Component, newline: string) {
    this.file = file;
    this.component = component;
    this.#newline = newline;
  }

  /** Throws ItemError. */
  static read(source: string): Card {
    const file = readFile(source);
    const [component] = file.components('VCARD');
    if (!component) throw new ItemError('malformed-item', 'there is no VCARD in it');
    return new Card(file, component, newlineOf(source));
  }

  /** vCard 3.0: what every program and server takes. */
  static create(uid: string): Card {
    const component = new Component('VCARD', [
      ContentLine.of('VERSION', '3.0'),
      ContentLine.of('PRODID', '-//Caravan//EN'),
      ContentLine.of('UID', escapeText(uid)),
    ]);
    return new Card(new Component('', [component]), component, '\r\n');
  }

  get isVersion4(): boolean {
    return this.component.text('VERSION') === '4.0';
  }

  write(): string {
    return this.file.write(this.#newline);
  }

  /** The label that a program gave to a line of its group: `_$!<Spouse>!$_` is Spouse. */
  label(line: ContentLine): string | undefined {
    if (line.group === '') return undefined;
    const label = this.component.lines('X-ABLABEL').find((it) => it.group === line.group);
    return label && /^(?:_\$!<)?(.*?)(?:>!\$_)?$/.exec(label.text)?.[1];
  }

  /** With its label, which says nothing alone. */
  remove(line: ContentLine): void {
    this.component.remove(line);
    if (line.group === '') return;
    const others = this.component.entries.some(
      (it) => it instanceof ContentLine && it.group === line.group && it.name !== 'X-ABLABEL',
    );
    if (others) return;
    for (const it of this.component.lines('X-ABLABEL')) if (it.group === line.group) this.component.remove(it);
  }

  /** In the place of `old`; undefined takes `old` away. */
  replace(
    old: ContentLine | undefined,
    value: string | undefined,
    name: string,
    parameters: ParameterChanges = {},
  ): void {
    if (value === undefined) {
      if (old) this.remove(old);
    } else this.component.put(old ? old.with(value) : ContentLine.of(name, value, parameters), old);
  }

  /** One piece of a structured value: `N`, `ADR`, `ORG`. */
  piece(line: ContentLine | undefined, index: number): string {
    return line ? unescapeText(splitValue(line.value, ';')[index] ?? '').trim() : '';
  }

  /** The value with pieces changed; undefined if nothing is left. */
  withPieces(line: ContentLine | undefined, count: number, changes: ReadonlyMap<number, string>): string | undefined {
    const pieces = line ? splitValue(line.value, ';') : [];
    while (pieces.length < count) pieces.push('');
    for (const [index, text] of changes) pieces[index] = escapeText(text);
    return pieces.some((it) => it.trim() !== '') ? pieces.join(';') : undefined;
  }
}

/** Upper case, whichever way they are written: `TYPE=home,pref`, `TYPE="HOME,PREF"`, `HOME`. */
export const typesOf = (line: ContentLine): ReadonlySet<string> =>
  new Set(
    line.parameterValues('TYPE').flatMap((it) =>
      it
        .toUpperCase()
        .split(',')
        .map((type) => type.trim()),
    ),
  );
