/** What every stack of Caravan's is: one place, in one region, with the zones that its file names. */
import { Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { PlaceTopology, Topology } from '../topology/index.ts';

export interface PlaceStackProps<Place extends PlaceTopology> {
  readonly topology: Topology;
  readonly place: Place;
  /** Where the bundles are, a folder each: `server`, `balancer`, … */
  readonly bundles: string;
}

export abstract class PlaceStack extends Stack {
  readonly #zones: readonly string[];

  constructor(scope: Construct, { topology, place }: PlaceStackProps<PlaceTopology>, description: string) {
    super(scope, place.id, {
      env: { region: place.region, ...(topology.account !== undefined && { account: topology.account }) },
      description,
    });
    this.#zones = place.zones;
    Tags.of(this).add('caravan', place.id);
    for (const [name, value] of Object.entries(topology.tags)) Tags.of(this).add(name, value);
  }

  /** Without, the zones of an explicit region would be asked of AWS while this is synthesized. */
  override get availabilityZones(): string[] {
    return [...this.#zones];
  }
}
