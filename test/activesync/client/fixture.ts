/** A client and a scripted server, closed after the test. */
import { onTestFinished } from 'vitest';
import { DeviceClient, type DeviceClientOptions, type DeviceState } from '../../../lib/activesync/client/index.ts';
import { type Scripted, type ScriptedServer, type Asked, scriptedServer } from './scripted-server.ts';

export interface Fixture {
  readonly client: DeviceClient;
  readonly server: ScriptedServer;
}

export async function fixture(
  script: readonly (Scripted | ((asked: Asked) => Scripted))[],
  options: Partial<DeviceClientOptions> & { readonly versions?: string } = {},
  state?: DeviceState,
): Promise<Fixture> {
  const { versions, ...rest } = options;
  const server = await scriptedServer(script, versions);
  const client = new DeviceClient(
    { url: server.url, user: 'ada', password: 'secret', deviceId: 'd1', retry: { delayMs: 1 }, ...rest },
    state,
  );
  onTestFinished(async () => {
    client.close();
    await server.close();
  });
  return { client, server };
}
