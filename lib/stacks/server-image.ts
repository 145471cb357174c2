/** The image of a server: one that was pushed, or the bundle with its Dockerfile, built when the stack is deployed. */
import { Stack } from 'aws-cdk-lib';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import type { Topology } from '../topology/index.ts';

export function serverImage(scope: Construct, image: Topology['image'], bundles: string): ContainerImage {
  if (image === undefined) return ContainerImage.fromAsset(join(bundles, 'server'), { platform: Platform.LINUX_ARM64 });
  const [registry = '', ...path] = image.repository.replace('{region}', Stack.of(scope).region).split('/');
  const [account, , , region] = registry.split('.');
  const repositoryName = path.join('/');
  const repository = Repository.fromRepositoryAttributes(scope, 'Image', {
    repositoryName,
    repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`,
  });
  return ContainerImage.fromEcrRepository(repository, image.tag);
}
