/** The Tasks class as a table (MS-ASTASK 2.2.2). */
import { child, type Element, element, flag, MalformedValue, parseTimestamp, textOf } from '../../protocol/index.ts';
import { dateTime } from '../date-time.ts';
import { alarmMoment, setAlarmAt } from '../icalendar/alarm.ts';
import { bodyField, categoriesField, numberOf, sensitivityField, textField } from '../icalendar/common-fields.ts';
import { whenOf } from '../icalendar/times.ts';
import type { ChangeContext, ResourceContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import { dueOf, isDone, startOf, type Task } from './task.ts';
import { readDate, taskDateFields } from './task-dates.ts';
import { taskRecurrenceField } from './task-recurrence.ts';

/** Importance (MS-ASTASK 2.2.2.13) */
const LOW = 0;
const NORMAL = 1;
const HIGH = 2;
/** Devices may have others, and want them back (MS-ASTASK_R550). */
const OTHER_IMPORTANCE = 'X-CARAVAN-IMPORTANCE';

function importanceOf({ component }: Task): number {
  const other = Number(component.text(OTHER_IMPORTANCE) ?? Number.NaN);
  if (Number.isInteger(other) && other > HIGH && other <= 255) return other;
  const priority = Number(component.text('PRIORITY') ?? 0);
  return priority >= 1 && priority <= 4 ? HIGH : priority >= 6 && priority <= 9 ? LOW : NORMAL;
}

const importance: Field<Task> = {
  tag: 'Tasks:Importance',
  // MS-ASTASK_R369
  neverGhosted: true,
  read: (task) => element('Tasks:Importance', importanceOf(task)),
  write: ({ component }, it) => {
    const level = it ? numberOf(it, 0, 255) : NORMAL;
    component.set(OTHER_IMPORTANCE, level > HIGH ? String(level) : undefined);
    const priority = level === LOW ? '9' : level === NORMAL ? '5' : '1';
    component.set('PRIORITY', level === NORMAL && !component.line('PRIORITY') ? undefined : priority);
  },
};

const complete: Field<Task> = {
  tag: 'Tasks:Complete',
  neverGhosted: true,
  read: (task) => element('Tasks:Complete', isDone(task) ? 1 : 0),
};

const dateCompleted: Field<Task> = {
  tag: 'Tasks:DateCompleted',
  read: (task) => {
    const { component, file } = task;
    if (!isDone(task)) return undefined;
    const line = ['COMPLETED', 'LAST-MODIFIED', 'DTSTAMP'].map((it) => component.line(it)).find((it) => it);
    // MS-ASTASK_R124: there must be one.
    return element('Tasks:DateCompleted', dateTime(new Date(whenOf(line, file, file.homeZone({}))?.epochMs ?? 0)));
  },
};

const compact = (epochMs: number): string => new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, '');

/** Complete and DateCompleted together. True if anything was written. */
export function writeCompletion(task: Task, data: Element, { now }: ChangeContext): boolean {
  const { component } = task;
  const sent = child(data, 'Tasks:Complete') && flag(data, 'Tasks:Complete');
  const at = readDate(data, 'Tasks:DateCompleted');
  if (sent === undefined) return false;
  if (!sent) {
    if (!isDone(task)) return false;
    component.set('COMPLETED', undefined);
    component.set('STATUS', 'NEEDS-ACTION');
    if (component.text('PERCENT-COMPLETE') === '100') component.set('PERCENT-COMPLETE', undefined);
    return true;
  }
  const before = dateCompleted.read(task, {
    version: '16.1',
    account: { user: '', addresses: [] },
    bodies: [],
    serverId: '',
  });
  if (before && (at === undefined || parseTimestamp(textOf(before)) === at)) return false;
  component.set('COMPLETED', compact(at ?? now.getTime()));
  component.set('STATUS', 'COMPLETED');
  component.set('PERCENT-COMPLETE', '100');
  return true;
}

function reminderMoment(task: Task, context: Pick<ResourceContext, 'zone'>): number | undefined {
  const base = startOf(task, context) ?? dueOf(task, context);
  return alarmMoment(task.component, { file: task.file, startMs: base?.epochMs, endMs: dueOf(task, context)?.epochMs });
}

const reminderSet: Field<Task> = {
  tag: 'Tasks:ReminderSet',
  neverGhosted: true,
  read: (task, context) => element('Tasks:ReminderSet', reminderMoment(task, context) === undefined ? 0 : 1),
};

const reminderTime: Field<Task> = {
  tag: 'Tasks:ReminderTime',
  read: (task, context) => {
    const at = reminderMoment(task, context);
    return at === undefined ? undefined : element('Tasks:ReminderTime', dateTime(new Date(at)));
  },
};

/** ReminderSet and ReminderTime together. True if anything was written. */
export function writeReminder(task: Task, data: Element, context: ChangeContext): boolean {
  const it = child(data, 'Tasks:ReminderSet');
  if (it && !/^[01]?$/.test(textOf(it))) throw new MalformedValue('Tasks:ReminderSet', textOf(it), '0 or 1');
  const before = reminderMoment(task, context);
  const at = readDate(data, 'Tasks:ReminderTime');
  const isSet = it ? flag(data, 'Tasks:ReminderSet') : at === undefined ? undefined : true;
  if (isSet === undefined) return false;
  const wanted = isSet ? (at ?? before ?? (dueOf(task, context) ?? startOf(task, context))?.epochMs) : undefined;
  if (wanted === before) return false;
  setAlarmAt(task.component, wanted);
  return true;
}

export const taskFields: readonly Field<Task>[] = [
  textField('Tasks:Subject', 'SUMMARY'),
  importance,
  ...taskDateFields,
  categoriesField('Tasks:Categories', 'Tasks:Category'),
  taskRecurrenceField,
  complete,
  dateCompleted,
  sensitivityField('Tasks:Sensitivity', true),
  reminderTime,
  reminderSet,
  bodyField(),
];
