import { expect, it } from 'vitest';
import { Stage } from './support/stage.ts';
it('works at all', async () => {
  const stage = new Stage();
  for (let i = 0; i < 25; i++) stage.mailbox.deliver();
  const phone = await stage.phone();
  await phone.prime({ windowSize: 10 });
  expect(phone.items.size).toBe(25);
  stage.mailbox.flag(3, { add: ['\\Seen'] });
  stage.mailbox.expunge(4);
  stage.mailbox.deliver();
  const a = await phone.sync();
  expect(a.changes.map((c) => `${c.kind} ${c.serverId}`)).toEqual(['delete 1:4', 'change 1:3', 'add 1:26']);
  expect(await stage.store.counted(() => phone.sync())).toMatchObject({ writes: 0 });
});
