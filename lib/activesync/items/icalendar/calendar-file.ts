/** An iCalendar resource: one item, its occurrences that differ, and the time zones that they name. */
import { Component, newlineOf, readFile } from '../content-lines/component.ts';
import { ContentLine } from '../content-lines/content-line.ts';
import { escapeText } from '../content-lines/text-values.ts';
import { ItemError } from '../errors.ts';
import type { ResourceContext } from '../resource-codec.ts';
import { UTC_ZONE, type Zone, type Zones } from '../zones/zones.ts';

export type ItemComponent = 'VEVENT' | 'VTODO' | 'VJOURNAL';

export class CalendarFile {
  readonly calendar: Component;
  /** The item itself; where a file has nothing but an occurrence of it, that one. */
  readonly master: Component;
  readonly zones: Zones;
  readonly #file: Component;
  readonly #named = new Map<string, Zone | undefined>();
  readonly #newline: string;

  private constructor(file: Component, calendar: Component, master: Component, zones: Zones, newline: string) {
    this.#file = file;
    this.calendar = calendar;
    this.master = master;
    this.zones = zones;
    this.#newline = newline;
  }

  /** Throws ItemError. */
  static read(source: string, name: ItemComponent, zones: Zones): CalendarFile {
    const file = readFile(source);
    const [calendar] = file.components('VCALENDAR');
    if (!calendar) throw new ItemError('malformed-item', 'there is no VCALENDAR in it');
    const items = calendar.components(name);
    const master = items.find((it) => !it.line('RECURRENCE-ID')) ?? items[0];
    if (!master) throw new ItemError('malformed-item', `there is no ${name} in it`);
    return new CalendarFile(file, calendar, master, zones, newlineOf(source));
  }

  static create(name: ItemComponent, uid: string, zones: Zones): CalendarFile {
    const master = new Component(name, [ContentLine.of('UID', escapeText(uid))]);
    const calendar = new Component('VCALENDAR', [
      ContentLine.of('VERSION', '2.0'),
      ContentLine.of('PRODID', '-//Caravan//EN'),
      master,
    ]);
    return new CalendarFile(new Component('', [calendar]), calendar, master, zones, '\r\n');
  }

  get uid(): string {
    return this.master.text('UID') ?? '';
  }

  /** Occurrences of the item that differ from the others. */
  get overrides(): readonly Component[] {
    const uid = this.uid;
    return this.calendar
      .components(this.master.name)
      .filter((it) => it !== this.master && it.line('RECURRENCE-ID') && (it.text('UID') ?? '') === uid);
  }

  /** The zone of a TZID in this file; undefined where nobody knows it. */
  zoneNamed(tzid: string): Zone | undefined {
    if (!this.#named.has(tzid)) {
      this.#named.set(tzid, this.zones.inCalendar(tzid, this.calendar.components('VTIMEZONE')));
    }
    return this.#named.get(tzid);
  }

  /** Where times without a zone and whole days are. */
  homeZone({ zone }: Pick<ResourceContext, 'zone'>): Zone {
    return (zone === undefined ? undefined : this.zones.named(zone)) ?? UTC_ZONE;
  }

  /** So that a TZID means something to everybody who reads the file. */
  addZone(zone: Zone, epochMs: number): void {
    const { calendar } = this;
    this.#named.set(zone.name, zone);
    if (zone.name === UTC_ZONE.name || calendar.components('VTIMEZONE').some((it) => it.text('TZID') === zone.name))
      return;
    const first = calendar.entries.findIndex((it) => it instanceof Component);
    calendar.entries.splice(first < 0 ? calendar.entries.length : first, 0, this.zones.component(zone, epochMs));
  }

  /** What was changed says so; `now` is of the server. */
  touch(component: Component, now: Date): void {
    const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
    component.set('DTSTAMP', stamp);
    component.set('LAST-MODIFIED', stamp);
    if (!component.line('CREATED') && !component.line('RECURRENCE-ID') && component.entries.length < 2)
      component.set('CREATED', stamp);
  }

  write(): string {
    return this.#file.write(this.#newline);
  }
}
