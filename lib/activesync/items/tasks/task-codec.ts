/** VTODO ↔ the Tasks class. */
import { children } from '../../protocol/index.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import type { ResourceCodec } from '../resource-codec.ts';
import { readFields, writeFields } from '../resource-fields.ts';
import { oneLine } from '../xml-text.ts';
import { Zones } from '../zones/zones.ts';
import { dueOf, isDone, startOf, type Task } from './task.ts';
import { writeTaskDates } from './task-dates.ts';
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
      const changed = [
        writeTaskDates(task, data, context),
        writeFields(taskFields, task, children(data), context),
        writeCompletion(task, data, context),
        writeReminder(task, data, context),
      ].includes(true);
      if (source !== undefined && !changed) return source;
      task.file.touch(task.component, context.now);
      return task.file.write();
    },
    attachment: () => undefined,
  };
}
