/** The owner's end of a link in a process of its own; tells what it took of the processor since it was asked last. */
import { reply, startOwner } from '../../server/peer/support/two-servers.ts';

const owner = await startOwner({ execute: () => reply(200) });
let before = process.cpuUsage();
process.on('message', () => {
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  owner.executed.length = 0;
  process.send?.(user + system);
});
process.send?.(owner.address);
