// What is logged of a whole session, at its most talkative: who and what, never a password and never what is in a message.
import { describe, expect, it } from 'vitest';
import { FolderType } from '../../lib/activesync/client/index.ts';
import { PASSWORDS } from '../backends/folders/setup.ts';
import { basicOf, FoldersServer } from '../support/folders-server.ts';

const ASKED = [
  'level',
  'message',
  'requestId',
  'user',
  'device',
  'command',
  'address',
  'version',
  'status',
  'bytes',
  'milliseconds',
];

const SECRETS = {
  subject: 'Zebra budget',
  body: 'The vault is at 4711',
  draft: 'Quokka rumours',
  search: 'wombats',
  guess: 'not-her-password',
  pin: 'recovery-90210',
};

describe('the log', () => {
  it('of a whole session has no password, no header that bears one, and nothing of any message', async () => {
    const server = await FoldersServer.start();
    try {
      const device = server.device();
      await device.folderSync();
      const inbox = device.folder(FolderType.inbox).serverId;
      const mime = Buffer.from(
        `From: ada@example.org\r\nTo: ada@example.org\r\nSubject: ${SECRETS.subject}\r\n\r\n${SECRETS.body}\r\n`,
      );
      await device.sendMail({ mime });
      for (let tries = 0; device.items(inbox).length === 0 && tries < 100; tries++) {
        await device.syncAll({ collectionId: inbox });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const [item] = device.items(inbox);
      await device.search({ text: SECRETS.search });
      await device.setDevicePassword(SECRETS.pin).catch(() => undefined);
      await device.syncMany({
        collections: [{ collectionId: inbox, commands: [{ kind: 'delete', serverId: item?.serverId ?? '' }] }],
      });
      // A message that cannot be sent, a body that cannot be read, and a password that is wrong.
      await device
        .sendMail({ mime: Buffer.from(`Subject: ${SECRETS.draft}\r\n\r\n${SECRETS.body}`) })
        .catch(() => undefined);
      const path = `${server.url}/Microsoft-Server-ActiveSync?Cmd=Sync&User=ada&DeviceId=LOG1&DeviceType=x`;
      for (const [body, password] of [
        [SECRETS.body, PASSWORDS.ada],
        ['', SECRETS.guess],
      ] as const) {
        const headers = { Authorization: basicOf('ada', password), 'MS-ASProtocolVersion': '16.1' };
        expect((await fetch(path, { method: 'POST', body, headers })).ok).toBe(false);
      }
      await server.stopServer();

      const log = server.logged.join('');
      expect(server.logLines.filter((it) => it.message === 'Served').length).toBeGreaterThan(5);
      expect(server.logLines.some((it) => it.message.startsWith('Sign-in failed'))).toBe(true);
      const told = [...Object.values(SECRETS), ...Object.values(PASSWORDS)];
      for (const secret of told) {
        expect(log).not.toContain(secret);
        expect(log).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
      }
      expect(log).not.toMatch(/authorization|basic [a-z0-9+/]/i);
      for (const line of server.logLines.filter((it) => it.message === 'Served')) {
        expect(line).toMatchObject({ requestId: expect.any(String), user: 'ada', device: expect.any(String) });
        // What is asked of the log in the cloud (lib/stacks/monitoring/queries.ts).
        expect(Object.keys(line)).toEqual(expect.arrayContaining(ASKED));
      }
    } finally {
      await server.stop();
    }
  });
});
