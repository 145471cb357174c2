/** Reads a plan's file, checks it as a whole, and completes it. */
import { closestName } from '../closest-name.ts';
import { expectedOf } from '../configuration-draft.ts';
import { type ConfigurationProblem, NeedsError } from '../errors.ts';
import { readJson, schemaProblems } from '../schema-problems.ts';
import { schemaSettings } from '../schema-settings.ts';
import { MOST_REGIONS, type Needs, needsSchema, type ParsedNeeds } from './needs.ts';

export const needsSettings = () => schemaSettings(needsSchema);

/** Throws NeedsError with every problem. */
export function loadNeeds(file: string): Needs {
  const content = readJson(file, (problems, cause) => new NeedsError(problems, cause));
  return parseNeeds(content, `file ${file}`);
}

/** `origin` is told in errors: `file plan.json`. Throws NeedsError with every problem. */
export function parseNeeds(content: unknown, origin: string): Needs {
  const parsed = needsSchema.safeParse(content);
  if (parsed.error) throw new NeedsError(schemaProblems(parsed.error, content, origin, needsSettings()));
  const problems = checkNeeds(parsed.data, origin);
  if (problems.length > 0) throw new NeedsError(problems);
  const [first] = parsed.data.mailSystems;
  return {
    ...parsed.data,
    sites: parsed.data.sites.map((site) => ({ ...site, mailSystem: site.mailSystem ?? first?.name ?? '' })),
  };
}

function checkNeeds({ mailSystems, sites, regions }: ParsedNeeds, origin: string): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem = (key: string, value: string, expected: string) =>
    problems.push({ key, origin, value: JSON.stringify(value), expected });
  const found = new Set([...mailSystems, ...sites].map(({ region }) => region));
  if (regions === undefined && found.size > MOST_REGIONS) {
    const expected = `at most ${MOST_REGIONS} regions that servers may be in: sites and mail systems name ${found.size}`;
    problems.push({ key: 'regions is not set', origin, value: undefined, expected });
  }
  for (const [index, { directoryUrl, directoryBaseDn }] of mailSystems.entries()) {
    if ((directoryUrl === undefined) === (directoryBaseDn === undefined)) continue;
    const missing = directoryUrl === undefined ? 'directoryUrl' : 'directoryBaseDn';
    const expected = 'both directoryUrl and directoryBaseDn, or neither';
    problems.push({ key: `mailSystems[${index}].${missing} is not set`, origin, value: undefined, expected });
  }
  const names = mailSystems.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    const before = names.indexOf(name);
    if (before < index) problem(`mailSystems[${index}].name`, name, `another name than that of mailSystems[${before}]`);
    else if (!sites.some(({ mailSystem = names[0] }) => mailSystem === name))
      problem(`mailSystems[${index}].name`, name, 'a mail system that a site has its mailboxes on');
  }
  const siteNames = sites.map(({ name }) => name);
  for (const [index, { name, mailSystem }] of sites.entries()) {
    const before = siteNames.indexOf(name);
    if (before < index) problem(`sites[${index}].name`, name, `another name than that of sites[${before}]`);
    if (mailSystem !== undefined && !names.includes(mailSystem)) {
      const expected = expectedOf(`one of ${names.join(', ')}`, closestName(mailSystem, names));
      problem(`sites[${index}].mailSystem`, mailSystem, expected);
    }
  }
  return problems;
}
