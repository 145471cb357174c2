/** The CDK app: a stack for each pool and each standalone server of the file, held to the rules of the trade. */
import { App, type AppProps, type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { authorityOf, type Topology } from '../topology/index.ts';
import { GeographyStack } from './geography-stack.ts';
import { PoolStack } from './pool-stack.ts';
import { StandaloneStack } from './standalone-stack.ts';

export interface CaravanAppProps {
  readonly topology: Topology;
  /** Where the bundles are, a folder each: `server`, `balancer`, … */
  readonly bundles: string;
  /** For tests: where it is synthesized to, and its context. */
  readonly app?: AppProps;
}

export function createApp({ topology, bundles, app: appProps }: CaravanAppProps): App {
  const app = new App(appProps);
  const authority = authorityOf(topology);
  const geography = authority && new GeographyStack(app, topology, authority);
  let before: Stack | undefined = geography;
  for (const place of topology.pools) {
    const pool = new PoolStack(app, { topology, place, bundles });
    // Its servers read the homes from the first on; a pool that has users names itself there before one that has none begins.
    if (geography && before) pool.addStackDependency(before);
    before = pool;
  }
  for (const place of topology.standalone) new StandaloneStack(app, { topology, place, bundles });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}
