/** Somebody in the directory as Search and Find show them (MS-ASCMD 2.2.3.139). */
import type { Person } from '../../backends/index.ts';
import { type Element, element, type TagName } from '../protocol/index.ts';

/** R3691: what the entry has, and nothing that is empty. */
export function directoryProperties(person: Person, picture: Element | undefined): readonly Element[] {
  const shown: readonly (readonly [TagName, string | undefined])[] = [
    ['GAL:DisplayName', person.displayName],
    ['GAL:Phone', person.phone],
    ['GAL:Office', person.office],
    ['GAL:Title', person.title],
    ['GAL:Company', person.company],
    ['GAL:Alias', person.alias],
    ['GAL:FirstName', person.firstName],
    ['GAL:LastName', person.lastName],
    ['GAL:HomePhone', person.homePhone],
    ['GAL:MobilePhone', person.mobilePhone],
    ['GAL:EmailAddress', person.email],
  ];
  const texts = shown.flatMap(([tag, value]) => (value ? [element(tag, value)] : []));
  return picture === undefined ? texts : [...texts, picture];
}
