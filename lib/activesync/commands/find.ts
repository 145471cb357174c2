/** Find (MS-ASCMD 2.2.1.2), 16.1: mail by keywords, with what a list of results shows, and people in the directory. */
import { BODY_TYPES, type EmailOptions, emailRenderer } from '../items/index.ts';
import {
  child,
  children,
  CommonStatus,
  type Element,
  element,
  FindStatus,
  type TagName,
  text,
  textOf,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { parseKeywordQuery } from './keyword-query.ts';
import { GAL_PICTURE, picturesOf } from './pictures.ts';
import { renderItems } from './render-items.ts';
import { formatResultRange, parseResultRange } from './result-range.ts';
import { searchDirectory } from './search-directory.ts';
import { searchedFolders } from './searched-folders.ts';

/** MS-ASCMD 2.2.3.137: the longest Preview. */
const PREVIEW_CHARACTERS = 255;

export async function find(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const execute = child(request.document, 'Find:ExecuteSearch');
  const isNamed = (text(request.document, 'Find:SearchId') ?? '') !== '';
  if (!isNamed || execute === undefined) return refused(FindStatus.invalidRequest);
  const gal = child(execute, 'Find:GALSearchCriterion');
  if (gal) return findPeople(gal, context);
  const criterion = child(execute, 'Find:MailBoxSearchCriterion');
  return criterion ? findMail(criterion, request, context) : refused(FindStatus.invalidRequest);
}

async function findMail(criterion: Element, request: CommandRequest, context: CommandContext): Promise<Answer> {
  const { user, limits } = context;
  const query = child(criterion, 'Find:Query');
  const options = child(criterion, 'Find:Options');
  const freeText = text(query, 'Find:FreeText')?.trim();
  const keywords = freeText ? parseKeywordQuery(freeText) : undefined;
  const range = parseResultRange(text(options, 'Find:Range') ?? `0-${limits.maxSearchResults - 1}`);
  const classes = children(query, 'AirSync:Class').map((it) => textOf(it).trim());
  if (!keywords || !range || classes.some((it) => !CLASSES.has(it))) return refused(FindStatus.invalidRequest);

  const collectionIds = children(query, 'AirSync:CollectionId').map(textOf);
  const folders = await searchedFolders(user, collectionIds, child(options, 'Find:DeepTraversal') !== undefined);
  if (folders === undefined) return refused(FindStatus.folderSyncRequired);

  const wantsEmail = classes.length === 0 || classes.includes('Email');
  const hits = wantsEmail ? await user.search(folders, keywords, limits.maxSearchResults) : [];
  const wanted = hits.slice(range.first, range.last + 1);
  const renderer = emailRenderer(summaryOptions(request));
  const { rendered } = await renderItems(user, wanted, renderer, context.log);
  const results = rendered.map(({ item, properties }) =>
    element(
      'Find:Result',
      element('AirSync:Class', 'Email'),
      element('AirSync:ServerId', item.serverId),
      element('AirSync:CollectionId', item.folder.id),
      element('Find:Properties', summary(properties)),
    ),
  );
  const resultRange = formatResultRange(range.first, results.length);
  return answer(
    FindStatus.success,
    element(
      'Find:Response',
      element('ItemOperations:Store', 'Mailbox'),
      element('Find:Status', FindStatus.success),
      results,
      resultRange !== undefined && element('Find:Range', resultRange),
      element('Find:Total', hits.length),
    ),
  );
}

async function findPeople(criterion: Element, { directory, limits }: CommandContext): Promise<Answer> {
  if (directory === undefined) return refused(CommonStatus.commandNotSupported);
  const options = child(criterion, 'Find:Options');
  const range = parseResultRange(text(options, 'Find:Range') ?? `0-${limits.maxSearchResults - 1}`);
  const page =
    range &&
    (await searchDirectory(directory, {
      query: text(criterion, 'Find:Query') ?? '',
      range,
      limit: limits.maxSearchResults,
      pictures: picturesOf(options, PICTURE)?.(),
      resultTag: 'Find:Result',
      propertiesTag: 'Find:Properties',
    }));
  if (page === undefined) return refused(FindStatus.invalidRequest);
  return answer(
    FindStatus.success,
    element(
      'Find:Response',
      element('ItemOperations:Store', 'GAL'),
      element('Find:Status', FindStatus.success),
      page.results,
      page.range !== undefined && element('Find:Range', page.range),
      element('Find:Total', page.total),
    ),
  );
}

const PICTURE = {
  ...GAL_PICTURE,
  request: 'Find:Picture',
  maxSize: 'Find:MaxSize',
  maxPictures: 'Find:MaxPictures',
} as const;

const CLASSES: ReadonlySet<string> = new Set(['Tasks', 'Email', 'Calendar', 'Contacts', 'Notes', 'SMS']);

/** A preview and no more of the body than it needs. */
const summaryOptions = ({ version }: CommandRequest): EmailOptions => ({
  version,
  mimeSupport: 0,
  mimeTruncation: undefined,
  bodies: [{ type: BODY_TYPES.plain, truncationSize: 0, allOrNone: false, preview: PREVIEW_CHARACTERS }],
  bodyParts: [],
});

/** The properties of a whole item, as far as a result shows them, in the order of the schema (2.2.3.139.1). */
function summary(properties: readonly Element[]): readonly Element[] {
  const found = (tag: TagName): Element | undefined => properties.find((it) => it.tag === tag);
  const renamed = (tag: TagName, from: Element | undefined): Element | undefined =>
    from && textOf(from) !== '' ? element(tag, textOf(from)) : undefined;
  const body = found('AirSyncBase:Body');
  const parts = [
    found('Email:Subject'),
    found('Email:DateReceived'),
    found('Email:DisplayTo'),
    renamed('Find:DisplayCc', found('Email:Cc')),
    renamed('Find:DisplayBcc', found('Email2:Bcc')),
    found('Email:Importance'),
    found('Email:Read'),
    found('Email2:IsDraft'),
    renamed('Find:Preview', child(body, 'AirSyncBase:Preview')),
    element('Find:HasAttachments', found('AirSyncBase:Attachments') ? 1 : 0),
    found('Email:From'),
  ];
  return parts.filter((it) => it !== undefined);
}

const refused = (status: number): Answer => answer(status);

const answer = (status: number, response?: Element): Answer => ({
  kind: 'document',
  document: element('Find:Find', element('Find:Status', status), response),
});
