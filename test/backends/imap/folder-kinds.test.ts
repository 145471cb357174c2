import { describe, expect, it } from 'vitest';
import { folderKinds } from '../../../lib/backends/imap/folder-kinds.ts';

const kindsOf = (folders: Readonly<Record<string, string>>, overrides = {}) =>
  Object.fromEntries(
    folderKinds(
      Object.entries(folders).map(([path, attributes]) => ({
        path,
        name: path.split('/').at(-1) ?? path,
        isNearTop: !path.includes('/') || path.startsWith('INBOX/'),
        attributes: new Set(attributes.split(' ')),
      })),
      overrides,
    ),
  );

describe('what folders are for', () => {
  it('SPECIAL-USE wins over names', () => {
    const kinds = kindsOf({ INBOX: '', Sent: '', Gesendet: '\\sent', Papierkorb: '\\trash', Trash: '' });
    expect(kinds).toEqual({ INBOX: 'inbox', Gesendet: 'sent', Papierkorb: 'trash' });
  });

  it('without SPECIAL-USE common names tell, in many languages', () => {
    const kinds = kindsOf({
      INBOX: '',
      Entwürfe: '',
      'Éléments envoyés': '',
      Корзина: '',
      迷惑メール: '',
      Archives: '',
    });
    expect(kinds).toEqual({
      INBOX: 'inbox',
      Entwürfe: 'drafts',
      'Éléments envoyés': 'sent',
      Корзина: 'trash',
      迷惑メール: 'junk',
      Archives: 'archive',
    });
  });

  it('the configuration wins over everything', () => {
    const kinds = kindsOf({ INBOX: '', Sent: '\\sent', Outgoing: '' }, { sent: 'Outgoing' });
    expect(kinds).toEqual({ INBOX: 'inbox', Outgoing: 'sent' });
  });

  it('one folder of a kind: of two names the more usual one, of two attributes the first', () => {
    expect(kindsOf({ 'Sent Items': '', Sent: '', A: '\\trash', B: '\\trash' })).toEqual({ Sent: 'sent', A: 'trash' });
  });

  it('a name deep in the tree says nothing, and a mere parent is nothing', () => {
    expect(kindsOf({ 'Projects/Old/Sent': '', Trash: '\\noselect', 'INBOX/Drafts': '' })).toEqual({
      'INBOX/Drafts': 'drafts',
    });
  });
});
