// How a server comes up and goes down: certificates, ports, and the devices that wait while it stops.
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { FolderType } from '../../lib/activesync/client/index.ts';
import { element, readWbxml, text, writeWbxml } from '../../lib/activesync/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { startServer } from '../../lib/server/index.ts';
import { ADA, FoldersServer } from '../support/folders-server.ts';
import { RawConnection, rawRequest } from '../support/raw-http.ts';

function certificateOf(port: number): Promise<{ readonly fingerprint256: string; readonly subjectaltname?: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

const pingOf = (collectionId: string) =>
  writeWbxml(
    element(
      'Ping:Ping',
      element('Ping:HeartbeatInterval', 900),
      element('Ping:Folders', element('Ping:Folder', element('Ping:Id', collectionId), element('Ping:Class', 'Email'))),
    ),
  );

describe('TLS', () => {
  it('MS-ASHTTP_R518: with a certificate of its own, made once and kept for its eyes alone', async () => {
    const server = await FoldersServer.start({
      flags: { 'listen-tls': 'self-signed', 'public-url': 'https://sync.example.org' },
    });
    try {
      expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
      const first = await certificateOf(server.port);
      expect(first.subjectaltname).toBe('DNS:sync.example.org, DNS:localhost, IP Address:127.0.0.1');
      const device = server.device();
      await device.folderSync();
      expect(Object.keys(device.state.folders)).not.toHaveLength(0);
      expect(await readFile(join(server.directory, 'data', 'self-signed.key'), 'utf8')).toContain('PRIVATE KEY');
      await server.stopServer();
      await server.startServer();
      expect((await certificateOf(server.port)).fingerprint256).toBe(first.fingerprint256);
    } finally {
      await server.stop();
    }
  });

  it('with certificates from files; a key of another certificate is told before anything is opened', async () => {
    const one = await FoldersServer.start({ flags: { 'listen-tls': 'self-signed' } });
    const other = await FoldersServer.start({ flags: { 'listen-tls': 'self-signed' } });
    try {
      const fingerprint = (await certificateOf(one.port)).fingerprint256;
      const file = (of: FoldersServer, name: string) => join(of.directory, 'data', `self-signed.${name}`);
      const with_ = (certFile: string, keyFile: string) =>
        ({ ...other.configuration, listen: { ...other.configuration.listen, tls: { certFile, keyFile } } }) as const;
      await other.stopServer();
      const wrong = startServer(with_(file(one, 'crt'), file(other, 'key')), { log: silentLog });
      await expect(wrong).rejects.toMatchObject({
        code: 'bad-certificate',
        remedy: expect.stringContaining('belongs to'),
      });
      await copyFile(file(one, 'key'), join(other.directory, 'copy.key'));
      const right = await startServer(with_(file(one, 'crt'), join(other.directory, 'copy.key')), { log: silentLog });
      expect((await certificateOf(right.port)).fingerprint256).toBe(fingerprint);
      await right.stop();
    } finally {
      await one.stop();
      await other.stop();
    }
  });
});

describe('a start that fails', () => {
  it('leaves nothing open: the port is taken, and the next start with another one succeeds', async () => {
    const server = await FoldersServer.start();
    const second = await FoldersServer.start();
    try {
      const port = server.port;
      await second.stopServer();
      const taken = { ...second.configuration, listen: { ...second.configuration.listen, port } };
      await expect(startServer(taken, { log: silentLog })).rejects.toMatchObject({
        code: 'cannot-listen',
        why: expect.stringContaining('EADDRINUSE'),
        remedy: 'Choose another port, or stop what uses this one.',
      });
      await second.startServer();
      await second.device().folderSync();
    } finally {
      await server.stop();
      await second.stop();
    }
  });
});

describe('a server that stops', () => {
  it('answers those who wait, and those who come to wait, and lets the others finish', async () => {
    const server = await FoldersServer.start();
    try {
      const device = server.device({ deviceId: 'STOPPING' });
      await device.folderSync();
      const inbox = device.folder(FolderType.inbox).serverId;
      await device.syncAll({ collectionId: inbox });
      const ping = (deviceId: string) =>
        rawRequest(
          'POST',
          `/Microsoft-Server-ActiveSync?Cmd=Ping&User=ada&DeviceId=${deviceId}&DeviceType=TestPhone`,
          { Authorization: ADA, 'MS-ASProtocolVersion': '16.1' },
          pingOf(inbox),
        );
      const waiting = await RawConnection.open(server.port);
      waiting.write(ping('STOPPING'));
      for (let tries = 0; server.server.waitingCount < 1 && tries < 500; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      // One whose request is half there when the stop begins.
      const slow = await RawConnection.open(server.port);
      const request = ping('STOPPING');
      slow.write(request.subarray(0, -1));
      await new Promise((resolve) => setTimeout(resolve, 50));

      const started = performance.now();
      const stopped = server.stopServer();
      const answer = await waiting.response();
      expect(answer?.status).toBe(200);
      expect(text(readWbxml(answer?.body ?? Buffer.alloc(0)), 'Ping:Status')).toBe('1');
      expect(answer?.headers['connection']).toBe('close');
      slow.write(request.subarray(-1));
      const late = await slow.response();
      expect(late?.status).toBe(200);
      expect(text(readWbxml(late?.body ?? Buffer.alloc(0)), 'Ping:Status')).toBe('1');
      await stopped;
      expect(performance.now() - started).toBeLessThan(4_000);
      await Promise.all([waiting.closed(), slow.closed()]);
      expect(server.logLines.filter((it) => it.message.startsWith('Requests were cut'))).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
