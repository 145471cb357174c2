/** The pictures of docs/topologies.md: by name, the example whose plan they show. */
export const PICTURES: Readonly<Record<string, string>> = {
  'server-alone': 'plan-one-office.json',
  'servers-alone': 'plan-two-companies.json',
  pool: 'plan-kept-in-europe.json',
  'several-pools': 'plan-two-continents.json',
  'several-pools-one-mail-system': 'plan-far-branch.json',
};
