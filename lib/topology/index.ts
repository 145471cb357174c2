// The configuration: what there is to set, how it is read, what is wrong with it.
export {
  type AdministrationConfiguration,
  type Configuration,
  type DevicesConfiguration,
  type DirectoryConfiguration,
  type FoldersMailConfiguration,
  type HomesConfiguration,
  type ImapMailConfiguration,
  type LimitsConfiguration,
  type ListenConfiguration,
  type MailConfiguration,
  type MetricsConfiguration,
  type PolicyConfiguration,
  type PoolConfiguration,
  type RelayConfiguration,
  type SmimeConfiguration,
  type StoreConfiguration,
  type SubmissionConfiguration,
} from './configuration.ts';
export { allSettings, type Setting } from './all-settings.ts';
export { documentSettings } from './document-settings.ts';
export { ConfigurationError, type ConfigurationProblem, NeedsError, TopologyError } from './errors.ts';
export { type ConfigurationSources, loadConfiguration } from './load-configuration.ts';
export { type Policies, policiesConfiguration } from './policies-configuration.ts';
// The deployment: caravan.json.
export { documentCosts } from './document-costs.ts';
export { documentTopology } from './deployment/document-topology.ts';
export { placeConfiguration } from './deployment/place-configuration.ts';
export { loadTopology, parseTopology } from './deployment/load-topology.ts';
export {
  authorityOf,
  DATA_DIRECTORY,
  homesTable,
  stateTable,
  IDLE_TIMEOUT_SECONDS,
  ADMINISTRATION_PORT,
  PEER_PORT,
  type ServerEnvironment,
  SERVER_PORT,
  serverEnvironment,
} from './deployment/server-environment.ts';
export type {
  NetworkTopology,
  PlaceTopology,
  PoolTopology,
  StandaloneTopology,
  Topology,
} from './deployment/topology.ts';
// The planner: which deployment, and why.
export { describePlan } from './planning/describe-plan.ts';
export { NoPlanError } from './planning/errors.ts';
export { loadNeeds, parseNeeds } from './planning/load-needs.ts';
export { MAIL_LIMIT_MS, MAIL_WARNING_MS } from './planning/latency.ts';
export { documentNeeds } from './planning/document-needs.ts';
export { drawPlan } from './planning/draw-plan.ts';
export { PICTURES } from './planning/pictures.ts';
export type { Needs } from './planning/needs.ts';
export { zonesOf } from './planning/regions-on-earth.ts';
export { plan, type Plan } from './planning/plan.ts';
