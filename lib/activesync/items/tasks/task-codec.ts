/** VTODO ↔ the Tasks class. */
import { child, children, type Element, flag } from '../../protocol/index.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import type { ChangeContext, ResourceCodec, Split } from '../resource-codec.ts';
import { readFields, writeFields } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { Zones } from '../zones/zones.ts';
import { doneOccurrence, goOn, isDoneAs } from './next-occurrence.ts';
import { dueOf, isDone, startOf, type Task } from './task.ts';
import { readDate, writeTaskDates } from './task-dates.ts';
import { taskFields, writeCompletion, writeReminder } from './task-fields.ts';

export function taskCodec(): ResourceCodec {
  const zones = new Zones();
  const read = (source: string): Task => {
    const file = CalendarFile.read(source, 'VTODO', zones);
    return { file, component: file.master };
  };
  return {
    itemClass: 'Tasks',
    kind: 'task',
    summary: (source) => {
      const task = read(source);
      const days = [startOf(task, {}), dueOf(task, {})].flatMap((it) => (it ? [it.epochMs] : []));
      return {
        kind: 'task',
        uid: task.file.uid,
        // A task that recurs comes again when it is done.
        span:
          days.length === 0
            ? undefined
            : {
                startMs: Math.min(...days),
                endMs: task.component.line('RRULE') ? Number.POSITIVE_INFINITY : Math.max(...days),
              },
        isDone: isDone(task),
        words: ['SUMMARY', 'DESCRIPTION', 'CATEGORIES']
          .flatMap((it) => oneLine(task.component.text(it) ?? '') || [])
          .join('\n'),
      };
    },
    render: (source, context) => readFields(taskFields, read(source), context),
    change: (source, data, context) => {
      const file = source === undefined ? CalendarFile.create('VTODO', context.uid, zones) : undefined;
      const task = file ? { file, component: file.master } : read(source as string);
      if (file) file.touch(file.master, context.now);
      const changed = [write(task, data, context), writeReminder(task, data, context)].includes(true);
      if (source !== undefined && !changed) return source;
      task.file.touch(task.component, context.now);
      return task.file.write();
    },
    split: (source, data, context) => splitOff(read, source, data, context),
    attachment: () => undefined,
  };
}

/** True if anything was written. The reminder is apart. */
const write = (task: Task, data: Element, context: ChangeContext): boolean =>
  [
    writeTaskDates(task, data, context),
    writeFields(taskFields, task, children(data), context),
    writeCompletion(task, data, context),
  ].includes(true);

/** A Change that completes an occurrence, and not the last one. */
function splitOff(
  read: (source: string) => Task,
  source: string,
  data: Element,
  context: ChangeContext,
): Split | undefined {
  if (child(data, 'Tasks:Complete') === undefined || !flag(data, 'Tasks:Complete')) return undefined;
  const task = read(source);
  const { file, component } = task;
  if (isDone(task) || !component.line('RRULE')) return undefined;
  if (isDoneAs(task, context.uid)) return { rest: source, done: undefined };
  write(task, data, context);
  // What is done needs no reminder, which the next one does.
  if (flag(data, 'Tasks:ReminderSet')) writeReminder(task, data, context);
  file.touch(component, context.now);
  const done = doneOccurrence(task, context.uid);
  const completedMs = readDate(data, 'Tasks:DateCompleted') ?? context.now.getTime();
  const isSplit = goOn(task, { completedMs, uid: context.uid, zone: file.homeZone(context) });
  return isSplit ? { rest: file.write(), done } : undefined;
}
