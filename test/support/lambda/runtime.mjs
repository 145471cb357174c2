// What runs a function's bundle in a process of its own, as the cloud's runtime does: one import, then one event after another.
const [main] = process.argv.slice(2);
const before = performance.now();
const cpuBefore = process.cpuUsage();
const { handler } = await import(main);
const cpu = process.cpuUsage(cpuBefore);
process.send({ importMs: performance.now() - before, importCpuMs: (cpu.user + cpu.system) / 1000 });
process.on('message', ({ id, event }) => {
  Promise.resolve(event)
    .then((given) => handler(given, {}))
    .then(
      (result) => process.send({ id, result: result ?? null }),
      (error) => process.send({ id, error: `${error?.name}: ${error?.message}` }),
    );
});
