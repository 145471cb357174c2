import type { Log, LogFields } from '../log.ts';
import type { Tracer } from './tracer.ts';

/** A log whose lines bear the trace that they were written within. */
export function tracedLog(log: Log, tracer: Tracer): Log {
  const withTrace = (fields: LogFields): LogFields => {
    const span = tracer.current();
    return span === undefined ? fields : { ...fields, traceId: span.traceId };
  };
  return {
    debug: (fields, message) => log.debug(withTrace(fields), message),
    info: (fields, message) => log.info(withTrace(fields), message),
    warn: (fields, message) => log.warn(withTrace(fields), message),
    error: (fields, message) => log.error(withTrace(fields), message),
    child: (fields) => tracedLog(log.child(fields), tracer),
  };
}

/**
 * The same object, of which each of the `methods` is a span when it is called within a trace: `<what> <method>`. `instead`:
 * what it has in place of its own.
 */
export function traced<Target extends object>(
  target: Target,
  tracer: Tracer,
  what: string,
  methods: readonly (keyof Target)[],
  instead: Partial<Target> = {},
): Target {
  const called = new Map<PropertyKey, unknown>();
  return new Proxy(target, {
    get(it, name) {
      if (Object.hasOwn(instead, name)) return instead[name as keyof Target];
      const value: unknown = Reflect.get(it, name, it);
      if (typeof value !== 'function') return value;
      const known = called.get(name);
      if (known !== undefined) return known;
      const call = (...given: unknown[]): unknown => Reflect.apply(value, it, given);
      const isMeasured = (methods as readonly PropertyKey[]).includes(name);
      const measured = (...given: unknown[]) =>
        tracer.measure(`${what} ${String(name)}`, 'client', async () => call(...given));
      called.set(name, isMeasured ? measured : call);
      return called.get(name);
    },
  });
}
