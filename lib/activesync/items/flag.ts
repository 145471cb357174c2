/** Email:Flag, written and read (MS-ASEMAIL 2.2.2.34, 3.2.5.3.2). */
import type { MessageFlags } from '../../backends/index.ts';
import { child, children, type Element, element, flag, integer, MalformedValue, text } from '../protocol/index.ts';
import { dateChild, dateTime } from './date-time.ts';
import { type FlagDetails, flagKeywords, isFlagKeyword, readFlagKeywords } from './flag-keywords.ts';

/** Status (MS-ASEMAIL 2.2.2.74) */
const CLEARED = 0;
const COMPLETE = 1;
const ACTIVE = 2;

const DEFAULT_TYPE = 'Flag for follow up';

const hasFlag = (flags: MessageFlags, name: string): boolean => flags.some((it) => it.toLowerCase() === name);

/** An empty element where there is no flag. */
export function flagElement(flags: MessageFlags, subject: string | undefined): Element {
  const details = readFlagKeywords(flags);
  const isActive = hasFlag(flags, '\\flagged');
  const isComplete = !isActive && details.completeTime !== undefined;
  if (!isActive && !isComplete) return element('Email:Flag');
  const hasTask = details.startDate !== undefined || details.reminderSet !== undefined;
  const date = (tag: Parameters<typeof element>[0], value: Date | undefined) => value && element(tag, dateTime(value));
  return element(
    'Email:Flag',
    hasTask && subject !== undefined && element('Tasks:Subject', subject),
    element('Email:Status', isActive ? ACTIVE : COMPLETE),
    element('Email:FlagType', details.type ?? DEFAULT_TYPE),
    isComplete && date('Tasks:DateCompleted', details.dateCompleted ?? details.completeTime),
    isComplete && date('Email:CompleteTime', details.completeTime),
    date('Tasks:StartDate', details.startDate),
    date('Tasks:DueDate', details.dueDate),
    date('Tasks:UtcStartDate', details.utcStartDate),
    date('Tasks:UtcDueDate', details.utcDueDate),
    details.reminderSet !== undefined && element('Tasks:ReminderSet', details.reminderSet ? 1 : 0),
    date('Tasks:ReminderTime', details.reminderTime),
    date('Tasks:OrdinalDate', details.ordinalDate),
    details.subOrdinalDate !== undefined && element('Tasks:SubOrdinalDate', details.subOrdinalDate),
  );
}

/** What a device's Flag does to the flags that a message has. */
export type FlagUpdate = (current: MessageFlags) => { readonly add: MessageFlags; readonly remove: MessageFlags };

/** Throws MalformedValue where the answer is Status 6: MS-ASEMAIL 2.2.2.31, 2.2.2.65, 2.2.2.72, 2.2.2.74, 3.2.5.3.2. */
export function readFlag(it: Element): FlagUpdate {
  const status = children(it).length === 0 ? CLEARED : readStatus(it);
  if (status === CLEARED) return (current) => ({ add: [], remove: ['\\Flagged', ...current.filter(isFlagKeyword)] });
  const details = readDetails(it, status);
  return (current) => {
    // Without a status the flag stays what it is, and only what is named changes.
    const kept = status === undefined ? { ...readFlagKeywords(current), ...details } : details;
    const wanted = flagKeywords(kept);
    const has = new Set(current.map((keyword) => keyword.toLowerCase()));
    const wants = new Set(wanted.map((keyword) => keyword.toLowerCase()));
    return {
      add: [
        ...(status === ACTIVE ? ['\\Flagged'] : []),
        ...wanted.filter((keyword) => !has.has(keyword.toLowerCase())),
      ],
      remove: [
        ...(status === COMPLETE ? ['\\Flagged'] : []),
        ...current.filter((keyword) => isFlagKeyword(keyword) && !wants.has(keyword.toLowerCase())),
      ],
    };
  };
}

function readStatus(it: Element): 0 | 1 | 2 | undefined {
  if (!child(it, 'Email:Status')) return undefined;
  const status = integer(it, 'Email:Status');
  if (status === CLEARED || status === COMPLETE || status === ACTIVE) return status;
  throw new MalformedValue('Email:Status', String(status), '0, 1 or 2');
}

function readDetails(it: Element, status: number | undefined): FlagDetails {
  const dates = {
    startDate: dateChild(it, 'Tasks:StartDate'),
    dueDate: dateChild(it, 'Tasks:DueDate'),
    utcStartDate: dateChild(it, 'Tasks:UtcStartDate'),
    utcDueDate: dateChild(it, 'Tasks:UtcDueDate'),
  };
  const given = Object.values(dates).filter((date) => date !== undefined).length;
  if (given !== 0 && given !== 4) throw refused('Tasks:DueDate', it, 'all four of start and due date, or none');
  if (isAfter(dates.startDate, dates.dueDate)) throw refused('Tasks:DueDate', it, 'a date not before StartDate');
  if (isAfter(dates.utcStartDate, dates.utcDueDate))
    throw refused('Tasks:UtcDueDate', it, 'a date not before UtcStartDate');
  const reminderSet = flag(it, 'Tasks:ReminderSet');
  const reminderTime = dateChild(it, 'Tasks:ReminderTime');
  if (reminderSet && !reminderTime) throw refused('Tasks:ReminderTime', it, 'a time for the reminder that is set');
  const dateCompleted = dateChild(it, 'Tasks:DateCompleted');
  const completeTime = dateChild(it, 'Email:CompleteTime');
  if (status === COMPLETE && !completeTime) throw refused('Email:CompleteTime', it, 'the time of completion');
  if (status === COMPLETE && !dateCompleted) throw refused('Tasks:DateCompleted', it, 'the date of completion');
  const type = text(it, 'Email:FlagType');
  const isComplete = status !== ACTIVE && completeTime !== undefined;
  const details = {
    ...dates,
    ...(isComplete ? { dateCompleted, completeTime } : {}),
    reminderSet,
    reminderTime,
    ordinalDate: dateChild(it, 'Tasks:OrdinalDate'),
    type: type === DEFAULT_TYPE ? undefined : type,
    subOrdinalDate: text(it, 'Tasks:SubOrdinalDate'),
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined && value !== ''));
}

const isAfter = (one: Date | undefined, other: Date | undefined): boolean =>
  one !== undefined && other !== undefined && one.getTime() > other.getTime();

const refused = (tag: Parameters<typeof text>[1], it: Element, expected: string): MalformedValue =>
  new MalformedValue(tag, text(it, tag) ?? '', expected);
