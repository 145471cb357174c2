/** The settings of `caravan.json` as a list. */
import { type SchemaSetting, schemaSettings } from '../schema-settings.ts';
import { topologySchema } from './topology.ts';

export type TopologySetting = SchemaSetting;

/** In the order of the schema. */
export function topologySettings(): readonly TopologySetting[] {
  return schemaSettings(topologySchema);
}
