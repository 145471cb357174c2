/** What a folder is for: by configuration, by SPECIAL-USE (RFC 6154), or by the names that mail programs give. */
import type { FolderKind } from '../backend.ts';

export interface ListedFolder {
  readonly path: string;
  /** The last level's name. */
  readonly name: string;
  /** Directly below the inbox's level, or its child. */
  readonly isNearTop: boolean;
  /** Attributes of LIST in lower case. */
  readonly attributes: ReadonlySet<string>;
}

const BY_ATTRIBUTE: Readonly<Record<string, FolderKind>> = {
  '\\drafts': 'drafts',
  '\\sent': 'sent',
  '\\trash': 'trash',
  '\\junk': 'junk',
  '\\archive': 'archive',
  '\\all': 'archive',
};

/** In the order in which they win, for folders that a mail program made on a server without SPECIAL-USE. */
const BY_NAME: Readonly<Partial<Record<FolderKind, readonly string[]>>> = {
  drafts: [
    'drafts',
    'draft',
    'entwürfe',
    'brouillons',
    'borradores',
    'bozze',
    'concepten',
    'rascunhos',
    'utkast',
    'kladder',
    'luonnokset',
    'robocze',
    'kopie robocze',
    'koncepty',
    'rozepsané',
    'piszkozatok',
    'черновики',
    'чернетки',
    'taslaklar',
    '下書き',
    '草稿',
    '草稿箱',
    '임시 보관함',
  ],
  sent: [
    'sent',
    'sent items',
    'sent messages',
    'sent mail',
    'sent-mail',
    'gesendet',
    'gesendete elemente',
    'gesendete objekte',
    'envoyés',
    'éléments envoyés',
    'messages envoyés',
    'enviados',
    'elementos enviados',
    'itens enviados',
    'posta inviata',
    'inviati',
    'verzonden',
    'verzonden items',
    'skickat',
    'skickade objekt',
    'sendt',
    'sendte elementer',
    'lähetetyt',
    'wysłane',
    'elementy wysłane',
    'odeslané',
    'odeslaná pošta',
    'elküldött',
    'отправленные',
    'надіслані',
    'gönderilmiş',
    '送信済み',
    '送信済みトレイ',
    '已发送',
    '寄件備份',
    '보낸 편지함',
  ],
  trash: [
    'trash',
    'deleted items',
    'deleted messages',
    'deleted',
    'bin',
    'papierkorb',
    'gelöschte elemente',
    'gelöschte objekte',
    'corbeille',
    'éléments supprimés',
    'papelera',
    'elementos eliminados',
    'lixeira',
    'itens excluídos',
    'cestino',
    'posta eliminata',
    'prullenbak',
    'verwijderde items',
    'papperskorgen',
    'borttagna objekt',
    'papirkurv',
    'slettede elementer',
    'roskakori',
    'kosz',
    'elementy usunięte',
    'koš',
    'odstraněná pošta',
    'kuka',
    'törölt elemek',
    'корзина',
    'удаленные',
    'кошик',
    'çöp kutusu',
    'ゴミ箱',
    '已删除邮件',
    '垃圾箱',
    '휴지통',
  ],
  junk: [
    'junk',
    'spam',
    'junk e-mail',
    'junk email',
    'junk mail',
    'bulk mail',
    'spamverdacht',
    'junk-e-mail',
    'courrier indésirable',
    'indésirables',
    'correo no deseado',
    'posta indesiderata',
    'ongewenste e-mail',
    'skräppost',
    'søppelpost',
    'uønsket mail',
    'roskaposti',
    'wiadomości-śmieci',
    'nevyžádaná pošta',
    'levélszemét',
    'спам',
    'нежелательная почта',
    'istenmeyen',
    '迷惑メール',
    '垃圾邮件',
    '스팸',
  ],
  archive: [
    'archive',
    'archives',
    'archiv',
    'archivo',
    'archivio',
    'archief',
    'arkiv',
    'arkisto',
    'archiwum',
    'архив',
    'архів',
    'arşiv',
    'アーカイブ',
    '存档',
    '보관',
  ],
};

/** At most one folder of each kind; paths without an entry are the user's own. */
export function folderKinds(
  folders: readonly ListedFolder[],
  overrides: Readonly<Partial<Record<FolderKind, string>>> = {},
): ReadonlyMap<string, FolderKind> {
  const kinds = new Map<string, FolderKind>();
  const taken = new Set<FolderKind>();
  const give = (folder: ListedFolder | undefined, kind: FolderKind) => {
    if (!folder || kinds.has(folder.path) || taken.has(kind)) return;
    kinds.set(folder.path, kind);
    taken.add(kind);
  };
  const selectable = folders.filter(
    ({ attributes }) => !attributes.has('\\noselect') && !attributes.has('\\nonexistent'),
  );
  give(
    selectable.find(({ path }) => path === 'INBOX'),
    'inbox',
  );
  for (const [kind, path] of Object.entries(overrides) as [FolderKind, string][]) {
    give(
      selectable.find((folder) => folder.path === path),
      kind,
    );
  }
  for (const [attribute, kind] of Object.entries(BY_ATTRIBUTE)) {
    give(
      selectable.find(({ attributes }) => attributes.has(attribute)),
      kind,
    );
  }
  for (const [kind, names] of Object.entries(BY_NAME) as [FolderKind, readonly string[]][]) {
    for (const name of names) {
      give(
        selectable.find((folder) => folder.isNearTop && folder.name.toLowerCase() === name),
        kind,
      );
    }
  }
  return kinds;
}
