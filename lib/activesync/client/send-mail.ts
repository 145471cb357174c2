/** SendMail, SmartReply, SmartForward: MIME in the body at 12.1, in a document from 14.0 on. */
import { randomName } from '../../platform/index.ts';
import { atLeast, type Element, element, SendMailStatus } from '../protocol/index.ts';
import type { DeviceSession } from './session.ts';

export interface Mail {
  /** The whole message. */
  readonly mime: Uint8Array;
  /** Default: a new one. Give the same one to send the same mail again. From 14.0 on. */
  readonly clientId?: string | undefined;
  /** Default true. */
  readonly saveInSent?: boolean | undefined;
}

export interface SmartMail extends Mail {
  /** What is answered or forwarded: an item of a folder, or `longId` of a search. */
  readonly source:
    | { readonly collectionId: string; readonly itemId: string; readonly instanceId?: string }
    | { readonly longId: string; readonly instanceId?: string };
  /** The MIME has the original already. From 14.0 on. */
  readonly replaceMime?: boolean | undefined;
}

const CLIENT_ID_LENGTH = 32;

export const sendMail = (session: DeviceSession, mail: Mail): Promise<void> => send(session, 'SendMail', mail);

export const smartReply = (session: DeviceSession, mail: SmartMail): Promise<void> => send(session, 'SmartReply', mail);

export const smartForward = (session: DeviceSession, mail: SmartMail): Promise<void> =>
  send(session, 'SmartForward', mail);

async function send(
  session: DeviceSession,
  command: 'SendMail' | 'SmartReply' | 'SmartForward',
  mail: Mail & Partial<SmartMail>,
): Promise<void> {
  const saveInSent = mail.saveInSent ?? true;
  const version = await session.version();
  await session.runForSuccess(
    command,
    SendMailStatus.success,
    atLeast(version, '14.0')
      ? {
          document: mailDocument(
            command,
            mail,
            saveInSent,
            mail.clientId ?? randomName(session.random, CLIENT_ID_LENGTH),
          ),
        }
      : { body: mail.mime, parameters: { saveInSent, ...sourceParameters(mail.source) } },
  );
}

function mailDocument(
  command: 'SendMail' | 'SmartReply' | 'SmartForward',
  mail: Mail & Partial<SmartMail>,
  saveInSent: boolean,
  clientId: string,
): Element {
  return element(
    `ComposeMail:${command}`,
    element('ComposeMail:ClientId', clientId),
    mail.source && sourceElement(mail.source),
    saveInSent && element('ComposeMail:SaveInSentItems'),
    mail.replaceMime === true && element('ComposeMail:ReplaceMime'),
    element('ComposeMail:Mime', mail.mime),
  );
}

const sourceElement = (source: SmartMail['source']): Element =>
  element(
    'ComposeMail:Source',
    ...('longId' in source
      ? [element('ComposeMail:LongId', source.longId)]
      : [element('ComposeMail:FolderId', source.collectionId), element('ComposeMail:ItemId', source.itemId)]),
    source.instanceId !== undefined && element('ComposeMail:InstanceId', source.instanceId),
  );

function sourceParameters(source: SmartMail['source'] | undefined) {
  if (source === undefined) return {};
  const { instanceId, ...ids } = source;
  return instanceId === undefined ? ids : { ...ids, occurrence: instanceId };
}
